//! The curves: both axes in powers of ten.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::measure::Figure;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 520.0;
/// Where the curves are drawn: left, top, right, bottom.
const FRAME: (f64, f64, f64, f64) = (70.0, 30.0, 610.0, 460.0);
const COLOURS: [&str; 12] = [
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
    "#393b79", "#637939",
];

/// Processor time by the number of requests, a curve for each of what is asked every day.
pub(crate) fn svg(figures: &[Figure]) -> String {
    let mut curves: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for figure in figures.iter().filter(|figure| figure.what.starts_with("ledger") && figure.cpu_ms > 0.0) {
        curves.entry(figure.what).or_default().push((figure.requests as f64, figure.cpu_ms));
    }
    curves.retain(|what, points| points.len() > 1 && !what.contains("first asked"));
    let all = || curves.values().flatten();
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        (low.log10().floor(), high.log10().ceil())
    };
    let ((left, right), (bottom, top)) = (bounds(&mut all().map(|p| p.0)), bounds(&mut all().map(|p| p.1)));
    let x = |value: f64| FRAME.0 + (value.log10() - left) / (right - left).max(1.0) * (FRAME.2 - FRAME.0);
    let y = |value: f64| FRAME.3 - (value.log10() - bottom) / (top - bottom).max(1.0) * (FRAME.3 - FRAME.1);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    for power in left as i32..=right as i32 {
        let at = x(10_f64.powi(power));
        let _ = writeln!(text, "<path d=\"M{at:.1} {} V{}\" stroke=\"#ddd\"/>", FRAME.1, FRAME.3);
        let number = grouped(10_f64.powi(power));
        let _ = writeln!(text, "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{number}</text>", FRAME.3 + 18.0);
    }
    for power in bottom as i32..=top as i32 {
        let at = y(10_f64.powi(power));
        let _ = writeln!(text, "<path d=\"M{} {at:.1} H{}\" stroke=\"#ddd\"/>", FRAME.0, FRAME.2);
        let number = grouped(10_f64.powi(power));
        let _ =
            writeln!(text, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{number}</text>", FRAME.0 - 6.0, at + 4.0);
    }
    let middle = (FRAME.0 + FRAME.2) / 2.0;
    let _ = writeln!(text, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">requests</text>", FRAME.3 + 40.0);
    let _ = writeln!(text, "<text x=\"{}\" y=\"18\">milliseconds of processor time</text>", FRAME.0 - 50.0);
    for (place, (what, points)) in curves.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let dashes = if place < COLOURS.len() { "" } else { " stroke-dasharray=\"5 3\"" };
        let way: Vec<String> = points.iter().map(|(at, ms)| format!("{:.1} {:.1}", x(*at), y(*ms))).collect();
        let way = way.join(" L");
        let _ = writeln!(text, "<path d=\"M{way}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>");
        let at = FRAME.1 + 10.0 + 20.0 * place as f64;
        let (from, to) = (FRAME.2 + 14.0, FRAME.2 + 34.0);
        let _ = writeln!(text, "<path d=\"M{from} {at} H{to}\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>");
        let _ = writeln!(text, "<text x=\"{}\" y=\"{}\">{what}</text>", to + 6.0, at + 4.0);
    }
    text.push_str("</svg>\n");
    text
}

/// A power of ten with its thousands apart.
fn grouped(number: f64) -> String {
    if number < 1.0 {
        return format!("{number}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
