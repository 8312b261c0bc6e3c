//! Where the marks of the forms stand in a text, found in one pass and without anything to be made first: most programs
//! look through a single short text and end.
//!
//! Each form is a bit. A mark can only begin where its first three bytes do, which three tables tell; the few places that
//! are left are compared.

use super::forms;

/// A set of forms, by their places in the list.
type Set = u128;

/// How many bytes of a mark the tables know.
const DEPTH: usize = 3;

/// For each of the first bytes of a mark and each value of it the forms whose marks have it there.
static TABLES: [[Set; 256]; DEPTH] = tables();

const fn tables() -> [[Set; 256]; DEPTH] {
    assert!(forms::ALL.len() <= Set::BITS as usize, "each form is a bit");
    let mut tables = [[0; 256]; DEPTH];
    let mut form = 0;
    while form < forms::ALL.len() {
        let mark = forms::ALL[form].mark;
        let mut at = 0;
        while at < DEPTH {
            // Fails to compile for a mark that is shorter.
            tables[at][mark[at] as usize] |= 1 << form;
            at += 1;
        }
        form += 1;
    }
    tables
}

/// The forms whose marks stand in a text, each with where its mark begins.
pub(super) fn marks(text: &str) -> impl Iterator<Item = (&'static forms::Form, usize)> + '_ {
    let bytes = text.as_bytes();
    bytes.windows(DEPTH).enumerate().flat_map(move |(at, window)| {
        let [first, second, third] = &TABLES;
        let forms = match window {
            [a, b, c] => first[usize::from(*a)] & second[usize::from(*b)] & third[usize::from(*c)],
            _ => 0,
        };
        members(forms).filter(move |form| bytes[at..].starts_with(form.mark)).map(move |form| (form, at))
    })
}

fn members(mut set: Set) -> impl Iterator<Item = &'static forms::Form> {
    std::iter::from_fn(move || {
        let form = forms::ALL.get(set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(form)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        let mark = (0..forms::ALL.len()).prop_map(|form| String::from_utf8(forms::ALL[form].mark.to_vec()).unwrap());
        let part = prop_oneof![
            2 => mark.clone(),
            2 => (mark, 0..20_usize).prop_map(|(mark, cut)| mark.chars().take(cut).collect()),
            1 => "[ -~]{0,6}",
            1 => "\\PC{0,3}",
        ];
        proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn every_mark_is_found_where_it_stands_and_nowhere_else(text in text()) {
            let mut found: Vec<(usize, &[u8])> = marks(&text).map(|(form, at)| (at, form.mark)).collect();
            found.sort_unstable();
            let places = 0..text.len();
            let mut wanted: Vec<(usize, &[u8])> = places
                .flat_map(|at| forms::ALL.iter().map(move |form| (at, form.mark)))
                .filter(|(at, mark)| text.as_bytes()[*at..].starts_with(mark))
                .collect();
            wanted.sort_unstable();
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn each_form_has_a_mark_that_the_tables_know() {
        for form in forms::ALL {
            let text = format!("x{}y", std::str::from_utf8(form.mark).unwrap());
            assert!(marks(&text).any(|(found, at)| found.mark == form.mark && at == 1), "{text}");
        }
        assert_eq!(marks("").count() + marks("a:").count() + marks("://").count(), 1);
    }
}
