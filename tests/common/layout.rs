//! Lays out what a command printed: JSON in the order in which it came, broken where it gets too wide.

use std::iter::Peekable;
use std::str::Chars;

/// How wide a line of JSON may be.
const WIDTH: usize = 110;

/// The lines of an output, each with a mark before it.
pub(crate) fn lines(text: &str, mark: &str) -> String {
    let laid_out = |line: &str| if line.starts_with("{\"v\":1") { json(line) } else { line.to_owned() };
    let marked = |line: &str| format!("{mark}{line}").trim_end().to_owned() + "\n";
    text.lines().map(laid_out).flat_map(|text| text.split('\n').map(marked).collect::<Vec<_>>()).collect()
}

/// A JSON text, laid out. Anything that is none stays as it is.
pub(crate) fn json(text: &str) -> String {
    if serde_json::from_str::<serde_json::Value>(text).is_err() {
        return text.to_owned();
    }
    node(&mut text.trim().chars().peekable()).laid_out(0)
}

/// A value: what it begins and ends with, and what stands between, each with its name where it has one.
enum Node {
    Plain(String),
    Nested(char, Vec<(String, Node)>, char),
}

impl Node {
    fn compact(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Nested(open, items, close) => {
                let items: Vec<String> = items.iter().map(|(name, node)| format!("{name}{}", node.compact())).collect();
                format!("{open}{}{close}", items.join(", "))
            }
        }
    }

    fn laid_out(&self, indent: usize) -> String {
        let compact = self.compact();
        let Self::Nested(open, items, close) = self else { return compact };
        if indent + compact.chars().count() <= WIDTH {
            return compact;
        }
        let inner = " ".repeat(indent + 2);
        let mut lines = vec![inner.clone()];
        for (at, (name, node)) in items.iter().enumerate() {
            let comma = if at + 1 < items.len() { "," } else { "" };
            let compact = format!("{name}{}{comma}", node.compact());
            let fits = |line: &str| line.chars().count() + 1 + compact.chars().count() <= WIDTH;
            match lines.last_mut() {
                Some(line) if line.trim().is_empty() && fits(line) => line.push_str(&compact),
                Some(line) if fits(line) => line.push_str(&format!(" {compact}")),
                _ if fits(&inner) => lines.push(format!("{inner}{compact}")),
                _ => {
                    lines.push(format!("{inner}{name}{}{comma}", node.laid_out(indent + 2)));
                    lines.push(inner.clone());
                }
            }
        }
        lines.retain(|line| !line.trim().is_empty());
        format!("{open}\n{}\n{}{close}", lines.join("\n"), " ".repeat(indent))
    }
}

fn node(text: &mut Peekable<Chars<'_>>) -> Node {
    let close = match text.peek() {
        Some('{') => '}',
        Some('[') => ']',
        _ => return Node::Plain(plain(text)),
    };
    let open = text.next().unwrap();
    let mut items = Vec::new();
    while text.peek() != Some(&close) {
        let mut name = String::new();
        if open == '{' {
            name = format!("{}: ", plain(text));
            assert_eq!(text.next(), Some(':'));
        }
        items.push((name, node(text)));
        text.next_if_eq(&',');
    }
    text.next();
    Node::Nested(open, items, close)
}

fn plain(text: &mut Peekable<Chars<'_>>) -> String {
    let mut plain = String::new();
    if text.peek() != Some(&'"') {
        while let Some(c) = text.next_if(|c| !",]}".contains(*c)) {
            plain.push(c);
        }
        return plain;
    }
    plain.extend(text.next());
    let mut escaped = false;
    for c in text.by_ref() {
        plain.push(c);
        if c == '"' && !escaped {
            break;
        }
        escaped = c == '\\' && !escaped;
    }
    plain
}
