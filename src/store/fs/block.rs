//! A block of lines of the program's own in a file of other people: found by its markers, and nothing else is touched.

/// How the lines begin between which the block stands, markers included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Markers {
    /// The beginning of its first line.
    pub begin: &'static str,
    /// The beginning of its last line.
    pub end: &'static str,
}

/// A file whose markers don't say where the block is: one without the other, or several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unclear;

/// The bytes of a file with the block in it: in the place of the one that is there, else at the end, after an empty line.
/// Every other byte stays. `block` has both markers, and a line end after each line; in a file whose first line ends with
/// CR LF, so do its lines.
///
/// # Errors
/// [`Unclear`].
pub fn with_block(there: &[u8], block: &str, markers: Markers) -> Result<Vec<u8>, Unclear> {
    // A line that is not at its end yet ends like that as soon as a line feed follows.
    let ends_with_crlf = there.split(|byte| *byte == b'\n').next().is_some_and(|line| line.ends_with(b"\r"));
    let block = if ends_with_crlf { block.replace('\n', "\r\n") } else { block.to_owned() };
    let line_end: &[u8] = if ends_with_crlf { b"\r\n" } else { b"\n" };
    let Some((from, to)) = place(there, markers)? else {
        let mut bytes = there.to_vec();
        if !bytes.is_empty() {
            if !bytes.ends_with(b"\n") {
                bytes.extend_from_slice(line_end);
            }
            bytes.extend_from_slice(line_end);
        }
        bytes.extend_from_slice(block.as_bytes());
        return Ok(bytes);
    };
    let mut wanted = block.as_bytes();
    if !there[..to].ends_with(b"\n") {
        // The file ended with the marker.
        wanted = wanted.strip_suffix(line_end).unwrap_or(wanted);
    }
    Ok([&there[..from], wanted, &there[to..]].concat())
}

/// From where to where the block goes, if there is one.
fn place(there: &[u8], markers: Markers) -> Result<Option<(usize, usize)>, Unclear> {
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    let mut at = 0;
    for line in there.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_start();
        if text.starts_with(markers.begin.as_bytes()) {
            begins.push(at);
        }
        at += line.len();
        if text.starts_with(markers.end.as_bytes()) {
            ends.push(at);
        }
    }
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => Ok(None),
        ([from], [to]) if from < to => Ok(Some((*from, *to))),
        _ => Err(Unclear),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARKERS: Markers = Markers { begin: "<!-- x:begin", end: "<!-- x:end" };
    const BLOCK: &str = "<!-- x:begin -->\nnew\n<!-- x:end -->\n";

    fn with(there: &str) -> Result<String, Unclear> {
        with_block(there.as_bytes(), BLOCK, MARKERS).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn it_goes_to_the_end_or_where_it_was() {
        assert_eq!(with(""), Ok(BLOCK.to_owned()));
        assert_eq!(with("# A"), Ok(format!("# A\n\n{BLOCK}")));
        assert_eq!(with("# A\r"), Ok(format!("# A\r\r\n\r\n{}", BLOCK.replace('\n', "\r\n"))));
        assert_eq!(with("# A\r\n"), Ok(format!("# A\r\n\r\n{}", BLOCK.replace('\n', "\r\n"))));
        assert_eq!(with("a\n<!-- x:begin old\nold\n\n<!-- x:end-->\nb"), Ok(format!("a\n{BLOCK}b")));
        assert_eq!(with("<!-- x:begin\n<!-- x:end"), Ok(BLOCK.trim_end().to_owned()));
    }

    #[test]
    fn markers_that_are_no_pair_are_not_guessed_at() {
        for text in ["<!-- x:begin", "a\n<!-- x:end -->\n", "<!-- x:end\n<!-- x:begin", &BLOCK.repeat(2)] {
            assert_eq!(with(text), Err(Unclear), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_second_time_changes_nothing_and_every_other_byte_stays(
            before in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..40),
            after in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let once = with_block(&before, BLOCK, MARKERS).unwrap();
            prop_assert!(once.starts_with(&before));
            prop_assert_eq!(&with_block(&once, BLOCK, MARKERS).unwrap(), &once);
            let around = [once.as_slice(), &after].concat();
            let newer = with_block(&around, "<!-- x:begin 2\n<!-- x:end\n", MARKERS).unwrap();
            prop_assert!(newer.starts_with(&before) && newer.ends_with(&after));
            prop_assert_eq!(with_block(&newer, BLOCK, MARKERS).unwrap(), around);
        }
    }
}
