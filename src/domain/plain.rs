//! JSON as this ledger writes it, looked through in one pass: most of what is read is that plain.
//!
//! What passes here passes [`super::json::check`] too, which a test holds it to. What does not (escapes by number, broken
//! or long numbers, deep or wide objects, and everything that is wrong) is left to that one, which can also say why.

/// The deepest nesting that counts as plain.
const DEPTH_MAX: usize = 24;
/// The most members of an object that counts as plain: each name is held against all before it.
const MEMBERS_MAX: usize = 32;
/// The most digits of a number: less than 2^53, whichever they are.
const DIGITS_MAX: usize = 15;

/// Whether a text is plain JSON.
pub(super) fn is_plain(text: &str) -> bool {
    let mut scan = Scan { text, at: 0 };
    scan.value(0).is_some() && scan.is_at_end()
}

/// The members of a text that is one plain object: their names, and their values as they stand.
pub(super) fn members(text: &str) -> Option<Members<'_>> {
    let mut scan = Scan { text, at: 0 };
    scan.blanks();
    let members = scan.object(0)?;
    scan.is_at_end().then_some(members)
}

/// The text in a string's value, if it is a string without escapes.
pub(super) fn string(value: &str) -> Option<&str> {
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    (memchr::memchr(b'\\', text.as_bytes()).is_none()).then_some(text)
}

/// The values of a plain array of strings without escapes.
pub(super) fn strings(value: &str) -> Option<impl Iterator<Item = Option<&str>>> {
    let inside = value.strip_prefix('[')?.strip_suffix(']')?.trim_ascii();
    // A comma within a string would leave halves that are none.
    let items = (!inside.is_empty()).then(|| inside.split(','));
    Some(items.into_iter().flatten().map(|item| string(item.trim_ascii())))
}

/// The members of an object.
pub(super) struct Members<'a> {
    list: [(&'a str, &'a str); MEMBERS_MAX],
    count: usize,
}

impl<'a> Members<'a> {
    /// The members, in the order in which they stand.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.list.iter().take(self.count).copied()
    }
}

/// How far a text was looked through.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.blanks();
        self.at == self.text.len()
    }

    /// The next byte, if it is this one.
    fn take(&mut self, byte: u8) -> Option<()> {
        let is_it = self.peek() == Some(byte);
        self.at += usize::from(is_it);
        is_it.then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => self.object(depth).map(drop),
            b'[' => self.array(depth),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => None,
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_it = self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes());
        self.at += if is_it { word.len() } else { 0 };
        is_it.then_some(())
    }

    /// A whole number of few digits.
    fn number(&mut self) -> Option<()> {
        let _ = self.take(b'-');
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = self.text.as_bytes().get(start..self.at)?;
        let is_plain = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() <= DIGITS_MAX;
        (is_plain && !matches!(self.peek(), Some(b'.' | b'e' | b'E'))).then_some(())
    }

    /// A string without escapes by number; what stands between its quotes.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.special()? {
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at - 1);
                }
                b'\\' => {
                    self.at += 1;
                    matches!(self.peek()?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't').then_some(())?;
                    self.at += 1;
                }
                // A control character.
                _ => return None,
            }
        }
    }

    /// Goes on to the next quote, backslash or control character; eight bytes at a time, as far as there are so many.
    fn special(&mut self) -> Option<u8> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGHS: u64 = ONES << 7;
        // The highest bit of each byte that is 0, and maybe of bytes above such a one.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        let bytes = self.text.as_bytes();
        while let Some(eight) = bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*eight);
            let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
            let found = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\'))) | control;
            if found != 0 {
                // The lowest one is right, whatever a borrow made of those above.
                self.at += found.trailing_zeros() as usize / 8;
                return self.peek();
            }
            self.at += 8;
        }
        while let Some(byte) = self.peek() {
            if byte == b'"' || byte == b'\\' || byte < 0x20 {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.take(b'[')?;
        (depth < DEPTH_MAX).then_some(())?;
        self.blanks();
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth + 1)?;
            self.blanks();
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Members<'a>> {
        self.take(b'{')?;
        (depth < DEPTH_MAX).then_some(())?;
        let mut members = Members { list: [("", ""); MEMBERS_MAX], count: 0 };
        self.blanks();
        if self.take(b'}').is_some() {
            return Some(members);
        }
        loop {
            self.blanks();
            let name = self.string()?;
            // Most names differ in their first letters already.
            let first = name.as_bytes().first();
            let is_known = members.iter().any(|(known, _)| known.as_bytes().first() == first && known == name);
            (!is_known && !name.contains('\\')).then_some(())?;
            self.blanks();
            self.take(b':')?;
            self.blanks();
            let start = self.at;
            self.value(depth + 1)?;
            *members.list.get_mut(members.count)? = (name, self.text.get(start..self.at)?);
            members.count += 1;
            self.blanks();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(members);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::{Bounds, Integers, Texts, check_within};
    use super::*;

    /// The thorough reader, which does not come here.
    fn check(text: &str) -> bool {
        let bounds = Bounds {
            depth_max: super::super::json::DEPTH_MAX,
            integers: Integers::OfDoubles,
            texts: Texts::WithoutNul,
        };
        check_within(text, bounds).is_ok()
    }

    /// Pieces that make JSON, and things that are nearly JSON.
    fn texts() -> impl Strategy<Value = String> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"a\"",
            "\"b\"",
            "\"\"",
            "\"",
            "\\",
            "\\n",
            "\\u0000",
            "\\u0061",
            "0",
            "-1",
            "01",
            "1.5",
            "1e3",
            "9007199254740993",
            "999999999999999",
            "true",
            "null",
            "false",
            " ",
            "\n",
            "\t",
            "\u{1}",
            "ä",
            "\"long enough for a word\"",
            "\"eight by\\\"\"",
            "\u{80}\u{2028}",
            "x",
        ];
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..14).prop_map(|pieces| pieces.concat())
    }

    fn values() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            (-1_000_i64..1_000).prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            ".{0,20}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                prop::collection::btree_map("[a-c\"\\\\]{0,3}", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_plain_passes_the_thorough_reader(text in texts()) {
            prop_assert!(!is_plain(&text) || check(&text), "{text}");
        }

        #[test]
        fn values_are_cut_where_the_thorough_reader_cuts_them(value in values(), spoilt in any::<prop::sample::Index>()) {
            for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
                prop_assert!(!is_plain(&text) || check(&text), "{text}");
                if let Some(members) = members(&text) {
                    let cut: serde_json::Map<_, _> =
                        members.iter().map(|(name, value)| (name.to_owned(), serde_json::from_str(value).unwrap())).collect();
                    prop_assert_eq!(&serde_json::Value::Object(cut), &value);
                }
                let mut bytes = text.into_bytes();
                let at = spoilt.index(bytes.len());
                bytes.remove(at);
                if let Ok(text) = String::from_utf8(bytes) {
                    prop_assert!(!is_plain(&text) || check(&text), "{text}");
                }
            }
        }
    }

    #[test]
    fn what_the_ledger_writes_is_plain() {
        for text in [
            r#"{"a":[1,-20,true,null,false,{}],"b":{"c":"d \"e\" \\ / ö"},"d":[]}"#,
            "{\n  \"a\": 1,\n  \"b\": [\n    \"c\"\n  ]\n}\n",
            "[\"0123456\\n89 12345678\"]",
        ] {
            assert!(is_plain(text), "{text}");
        }
    }

    #[test]
    fn what_readers_disagree_about_is_not() {
        let deep = format!("{}{}", "[".repeat(DEPTH_MAX + 1), "]".repeat(DEPTH_MAX + 1));
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\n":2}"#,
            r#"["\u0000"]"#,
            "[1.0]",
            "[1e9]",
            "[9007199254740993]",
            "[01]",
            "[1] 2",
            "[1,]",
            "{\"a\":1,}",
            "[\"\u{0}\"]",
            "",
            "[",
            "\"a",
            "tru",
            "-",
            &deep,
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn members_and_lists_are_taken_apart() {
        let text = r#"{"a": "b" ,"c":["d", "e"],"f":["g,h"],"i":["\n"],"j":[]}"#;
        let found: Vec<_> = members(text).unwrap().iter().collect();
        assert_eq!(
            found,
            [("a", "\"b\""), ("c", "[\"d\", \"e\"]"), ("f", "[\"g,h\"]"), ("i", "[\"\\n\"]"), ("j", "[]")]
        );
        let list = |at: usize| strings(found[at].1).unwrap().collect::<Option<Vec<_>>>();
        assert_eq!(list(1), Some(vec!["d", "e"]));
        assert_eq!((list(2), list(3), list(4)), (None, None, Some(vec![])));
        assert_eq!(string("\"a\\n\""), None);
        assert!(strings("1").is_none());
    }
}
