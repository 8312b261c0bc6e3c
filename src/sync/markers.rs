//! What git leaves in a file that it could not merge, taken apart. Pure: bytes in, lines out.
//!
//! Git writes a line of seven `<` before one side, one of seven `=` between the two, and one of seven `>` behind the
//! other; in its styles diff3 and zdiff3 also one of seven `|` before what the base held. Within a base that is itself
//! such a text the runs are longer; a text that was put on record with its markers has them one in the other.

/// The shortest run of characters that is a marker.
const RUN_MIN: usize = 7;

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Outside of every conflict.
    Common,
    /// On the first side of a conflict.
    First,
    /// In what the base held.
    Base,
    /// On the second side.
    Second,
}

/// A line that is no marker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// Its number, counted from 1.
    pub number: usize,
    /// Its bytes, with its line end.
    pub bytes: &'a [u8],
    /// Where it stands.
    pub place: Place,
}

/// How conflicts stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Nesting {
    /// Side by side.
    None,
    /// One in the other, told apart by the lengths of their markers.
    Plain,
    /// One in the other, with markers of the same length: which side a line stands on can't be told for certain.
    Unclear,
}

/// A text with its markers taken out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parted<'a> {
    /// Its lines.
    pub lines: Vec<Line<'a>>,
    /// Whether conflicts stand in conflicts.
    pub nesting: Nesting,
}

impl Parted<'_> {
    /// The text of one side; `None` if there are more than two.
    #[must_use]
    pub fn side(&self, side: Place) -> Option<Vec<u8>> {
        let of_side = |line: &&Line<'_>| line.place == Place::Common || line.place == side;
        (self.nesting == Nesting::None)
            .then(|| self.lines.iter().filter(of_side).flat_map(|line| line.bytes).copied().collect())
    }
}

/// Markers that don't fit together: nobody can tell what stood where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadMarkers {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A marker line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Marker {
    sign: u8,
    size: usize,
}

/// The marker that a line is.
fn marker(line: &[u8]) -> Option<Marker> {
    let sign = *line.first().filter(|sign| b"<|=>".contains(sign))?;
    let size = line.iter().take_while(|byte| **byte == sign).count();
    let ends = line.get(size).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    (size >= RUN_MIN && ends).then_some(Marker { sign, size })
}

/// Whether any line of a text is a marker.
#[must_use]
pub fn are_in(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| marker(line).is_some())
}

/// Takes a text apart; `None` if it has no marker.
///
/// # Errors
/// [`BadMarkers`] names the first one that does not fit.
pub fn part(text: &[u8]) -> Result<Option<Parted<'_>>, BadMarkers> {
    if !are_in(text) {
        return Ok(None);
    }
    let mut parted = Parted { lines: Vec::new(), nesting: Nesting::None };
    let mut open: Vec<Open> = Vec::new();
    for (at, bytes) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        match marker(bytes) {
            None => parted.lines.push(Line { number, bytes, place: place(&open) }),
            Some(marker) => {
                step(&mut open, marker, number, &mut parted.nesting)?;
            }
        }
    }
    match open.first() {
        Some(open) => Err(BadMarkers { line: open.line, what: "a conflict begins here and does not end" }),
        None => Ok(Some(parted)),
    }
}

/// A conflict that has begun.
struct Open {
    size: usize,
    line: usize,
    place: Place,
}

fn place(open: &[Open]) -> Place {
    if open.iter().any(|open| open.place == Place::Base) {
        return Place::Base;
    }
    open.last().map_or(Place::Common, |open| open.place)
}

fn step(open: &mut Vec<Open>, marker: Marker, line: usize, nesting: &mut Nesting) -> Result<(), BadMarkers> {
    let bad = |what| Err(BadMarkers { line, what });
    if marker.sign == b'<' {
        if open.iter().any(|open| open.size == marker.size) {
            *nesting = Nesting::Unclear;
        } else if !open.is_empty() {
            *nesting = (*nesting).max(Nesting::Plain);
        }
        open.push(Open { size: marker.size, line, place: Place::First });
        return Ok(());
    }
    let Some(last) = open.last_mut().filter(|last| last.size == marker.size) else {
        return bad("a conflict marker stands here that belongs to no conflict");
    };
    match (marker.sign, last.place) {
        (b'|', Place::First) => last.place = Place::Base,
        (b'=', Place::First | Place::Base) => last.place = Place::Second,
        (b'>', Place::Second) => drop(open.pop()),
        (_, Place::Common | Place::First | Place::Base | Place::Second) => {
            return bad("a conflict marker stands here out of its order");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> String {
        let parted = part(text.as_bytes()).unwrap().unwrap();
        let name = |place| match place {
            Place::Common => 'c',
            Place::First => 'f',
            Place::Base => 'b',
            Place::Second => 's',
        };
        let told = parted.lines.iter().map(|line| format!("{}{}", name(line.place), line.bytes[0] as char));
        format!("{:?} {}", parted.nesting, told.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_text_without_markers_is_left_alone() {
        for text in ["", "a\n", "<<<<<< six\n", "<<<<<<<x\n", " =======\n", "a <<<<<<< b\n"] {
            assert_eq!(part(text.as_bytes()), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn every_style_is_taken_apart() {
        let merge = "a\n<<<<<<< HEAD\nb\n=======\nc\nd\n>>>>>>> other\ne\n";
        assert_eq!(places(merge), "None ca fb sc sd ce");
        let diff3 = "a\n<<<<<<< HEAD\nb\n||||||| 1234567\nx\n=======\nc\n>>>>>>> other\n";
        assert_eq!(places(diff3), "None ca fb bx sc");
        assert_eq!(places(&merge.replace('\n', "\r\n")), "None ca fb sc sd ce");
        assert_eq!(places("<<<<<<<<< long\na\n=========\nb\n>>>>>>>>> long\n"), "None fa sb");
    }

    #[test]
    fn sides_are_put_together_again() {
        let text = b"a\n<<<<<<< HEAD\nb\n|||||||\nx\n=======\nc\n>>>>>>>\ne\n";
        let parted = part(text).unwrap().unwrap();
        assert_eq!(parted.side(Place::First).unwrap(), b"a\nb\ne\n");
        assert_eq!(parted.side(Place::Second).unwrap(), b"a\nc\ne\n");
    }

    #[test]
    fn conflicts_in_conflicts_are_told() {
        let virtual_base =
            "<<<<<<< a\nb\n||||||| c\n<<<<<<<<< d\ne\n=========\nf\n>>>>>>>>> g\n=======\nh\n>>>>>>> i\n";
        assert_eq!(places(virtual_base), "Plain fb be bf sh");
        let on_record = "<<<<<<< a\n<<<<<<< a\nb\n=======\nc\n>>>>>>> d\n=======\ne\n>>>>>>> f\n";
        assert_eq!(places(on_record), "Unclear fb sc se");
        assert_eq!(part(on_record.as_bytes()).unwrap().unwrap().side(Place::First), None);
    }

    #[test]
    fn markers_that_do_not_fit_are_told_and_not_guessed() {
        for (text, line) in [
            ("<<<<<<< a\nb\n", 1),
            ("a\n=======\nb\n", 2),
            ("a\n>>>>>>> b\n", 2),
            ("<<<<<<< a\n>>>>>>> b\n", 2),
            ("<<<<<<< a\n=======\n=======\n>>>>>>> b\n", 3),
            ("<<<<<<< a\n=======\n||||||| c\n>>>>>>> b\n", 3),
            ("<<<<<<< a\n========\n>>>>>>> b\n", 2),
        ] {
            assert_eq!(part(text.as_bytes()).unwrap_err().line, line, "{text:?}");
        }
    }
}
