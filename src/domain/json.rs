//! What JSON must be at the door: bounded in size and depth, without duplicate keys, without numbers that lose
//! digits, without NUL. serde_json alone accepts all of these.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::plain;

/// The deepest nesting of arrays and objects that is read.
pub const DEPTH_MAX: usize = 64;
/// The largest magnitude of an integer: beyond 2^53 common JSON readers lose digits (RFC 8259 §6).
pub const INTEGER_MAX: u64 = 1 << 53;

/// JSON that is refused, with the place as serde_json tells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct BadJson {
    text: String,
    category: Category,
    line: usize,
    column: usize,
}

impl BadJson {
    /// What is wrong, without where.
    #[must_use]
    pub fn without_place(&self) -> String {
        self.text.rsplit_once(" at line ").map_or(self.text.as_str(), |(what, _)| what).to_owned()
    }

    /// Where, by line and column, both counted from 1.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// What is wrong with a text of one line, in words for those who do not know the reader's.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        match self.category {
            Category::Syntax => format!("not JSON, at column {}", self.column),
            Category::Eof => format!("not JSON: it ends in the middle, at column {}", self.column),
            Category::Data | Category::Io => format!("{}, at column {}", self.without_place(), self.column),
        }
    }
}

impl From<serde_json::Error> for BadJson {
    fn from(error: serde_json::Error) -> Self {
        Self { text: error.to_string(), category: error.classify(), line: error.line(), column: error.column() }
    }
}

/// Checks one JSON text against the rules of this module.
///
/// # Errors
/// [`BadJson`] says what and where.
pub fn check(text: &str) -> Result<(), BadJson> {
    if plain::is_plain(text) {
        return Ok(());
    }
    check_within(text, Bounds { depth_max: DEPTH_MAX, integers: Integers::OfDoubles, texts: Texts::WithoutNul })
}

/// How deep a text may nest, and which integers it may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The deepest nesting of arrays and objects; the reader itself stops at 127.
    pub depth_max: usize,
    /// The integers.
    pub integers: Integers,
    /// The texts.
    pub texts: Texts,
}

/// Which texts there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Texts {
    /// Those that every program keeps: without NUL.
    WithoutNul,
    /// All.
    Any,
}

/// Which integers a text may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Integers {
    /// Those that every reader keeps: up to [`INTEGER_MAX`].
    OfDoubles,
    /// Those of 64 bits, which this program keeps.
    Of64Bits,
}

/// Checks one JSON text against the rules of this module within other bounds.
///
/// # Errors
/// [`BadJson`] says what and where.
pub fn check_within(text: &str, bounds: Bounds) -> Result<(), BadJson> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Strict { depth: 0, bounds }.deserialize(&mut reader)?;
    Ok(reader.end()?)
}

/// Checks `text`, then reads it as a `T`.
///
/// # Errors
/// [`BadJson`] says what and where.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, BadJson> {
    check(text)?;
    Ok(serde_json::from_str(text)?)
}

/// A value as people type it: JSON where it can be read as such, else text.
///
/// # Errors
/// JSON that breaks a rule is no text: who wrote a number did not mean its digits.
pub fn typed(text: &str) -> Result<Value, BadJson> {
    match read(text) {
        Err(rule) if serde_json::from_str::<IgnoredAny>(text).is_ok() => Err(rule),
        Err(_) => Ok(Value::String(text.to_owned())),
        value => value,
    }
}

/// Where a number stands that loses digits when it is read: an integer beyond 64 bits, or more digits than a double
/// keeps. `text` is JSON.
#[must_use]
pub fn first_number_lost(text: &str) -> Option<usize> {
    numbers(text).find(|(_, number)| !keeps_its_digits(number)).map(|(at, _)| at)
}

/// Whether the numbers of JSON texts that lose digits when they are read still tell the same: each stays a whole number
/// or a broken one, none comes near another number, and nothing is divided.
#[must_use]
pub fn lost_numbers_tell_the_same(texts: &[&str]) -> bool {
    /// How near is too near, relatively: some ulps of a double.
    const NEAR: f64 = 1e-14;
    let all: Vec<&str> = texts.iter().flat_map(|text| numbers(text)).map(|(_, number)| number).collect();
    let lost: Vec<&str> = all.iter().copied().filter(|number| !keeps_its_digits(number)).collect();
    if lost.is_empty() {
        return true;
    }
    let read = |number: &str| number.parse::<f64>().unwrap_or(f64::NAN);
    let is_whole = |number: &str| number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let near = |one: &str, other: &str| one != other && (read(one) - read(other)).abs() <= read(one).abs() * NEAR;
    !texts.iter().any(|text| text.contains("multipleOf"))
        && lost.iter().all(|number| {
            (read(number).is_normal() || is_whole(number))
                && read(number).is_finite()
                && (read(number).fract() == 0.0) == is_whole(number)
                && !all.iter().any(|other| near(number, other))
        })
}

/// The numbers of a JSON text, and where they stand.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => at = end_of_string(bytes, at),
                b'-' | b'0'..=b'9' => {
                    let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                    let start = at;
                    at += bytes[at..].iter().take_while(|byte| is_part(byte)).count();
                    return Some((start, &text[start..at]));
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// The place after a string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// Whether a number is read as what it says.
fn keeps_its_digits(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let is_integer = number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    // A double keeps 15 digits of any decimal, and its own shortest text has at most 17. Near zero it keeps fewer.
    let read = number.parse::<f64>().unwrap_or(f64::NAN);
    let keeps_15 = read.is_normal() || significant == 0;
    !is_integer && read.is_finite() && ((keeps_15 && significant <= 15) || is_shortest(number))
}

/// Whether reading and writing a number gives the same digits.
fn is_shortest(number: &str) -> bool {
    let digits_of = |text: &str| {
        let mantissa = text.split(['e', 'E']).next().unwrap_or(text).to_owned();
        mantissa.chars().filter(char::is_ascii_digit).collect::<String>().trim_matches('0').to_owned()
    };
    number.parse::<f64>().is_ok_and(|read| digits_of(&format!("{read:e}")) == digits_of(number))
}

/// A member's name as it stands in a JSON Pointer (RFC 6901 §3).
#[must_use]
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether two JSON texts say the same. Members that say nothing (null, false, nothing in a list or object) may be left
/// out; how it is spelled does not count.
#[must_use]
pub fn say_the_same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<serde_json::Value>(text).ok().map(without_nothing);
    let one = read(one);
    one.is_some() && one == read(other)
}

/// A value without members that say nothing. Not deeper than what [`check`] lets in.
fn without_nothing(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    let says_something = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => true,
    };
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, without_nothing(value)));
            Value::Object(members.filter(|(_, value)| says_something(value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nothing).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// Walks a value and keeps nothing of it.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    bounds: Bounds,
}

impl Strict {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == self.bounds.depth_max {
            return Err(E::custom(format!("nested deeper than {} levels", self.bounds.depth_max)));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn is_too_large(self, magnitude: u64) -> bool {
        self.bounds.integers == Integers::OfDoubles && magnitude > INTEGER_MAX
    }
}

fn no_nul<E: serde::de::Error>(text: &str, texts: Texts) -> Result<(), E> {
    if texts == Texts::WithoutNul && text.as_bytes().contains(&0) {
        return Err(E::custom("a text holds NUL"));
    }
    Ok(())
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        if self.is_too_large(number) {
            return Err(E::custom(format!("the integer {number} is beyond 2^53")));
        }
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        if self.is_too_large(number.unsigned_abs()) {
            return Err(E::custom(format!("the integer {number} is beyond 2^53")));
        }
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        // serde_json hands integers beyond 64 bits over as doubles.
        if self.bounds.integers == Integers::OfDoubles && number.fract() == 0.0 && number.abs() > INTEGER_MAX as f64 {
            return Err(E::custom(format!("the integer {number:e} is beyond 2^53")));
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        no_nul(text, self.bounds.texts)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut seen = Names::default();
        while let Some(Name(name)) = members.next_key()? {
            no_nul(&name, self.bounds.texts)?;
            if let Some(name) = seen.insert(name) {
                return Err(A::Error::custom(format!("the key {name:?} stands twice in one object")));
            }
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// A member's name, borrowed from the text where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Borrow).map(Name)
    }
}

/// The names of one object: a list while it is short, a set beyond, so that a hostile object costs no square.
#[derive(Default)]
struct Names<'a> {
    few: Vec<Cow<'a, str>>,
    many: std::collections::HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    /// Adds a name; hands it back if it was there.
    fn insert(&mut self, name: Cow<'a, str>) -> Option<Cow<'a, str>> {
        const FEW: usize = 24;
        if self.few.contains(&name) || self.many.contains(&name) {
            return Some(name);
        }
        if self.few.len() < FEW {
            self.few.push(name);
        } else {
            self.many.insert(name);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_digits_matter_only_beside_their_like() {
        assert!(lost_numbers_tell_the_same(&["[1, 12345678901234567890123]", "{\"a\": 2}"]));
        assert!(lost_numbers_tell_the_same(&["12345678901234567890123", "12345678901234567890123"]));
        assert!(!lost_numbers_tell_the_same(&["-18446744073709551615", "-1.8446744073709552e19"]));
        assert!(!lost_numbers_tell_the_same(&["{\"multipleOf\": 3, \"const\": 12345678901234567890123}"]));
        assert!(!lost_numbers_tell_the_same(&["0.99999999999999999999"]));
        assert!(!lost_numbers_tell_the_same(&["1e999"]));
        assert!(!lost_numbers_tell_the_same(&["{\"minimum\": 1e-400}", "{\"minimum\": 0}"]));
        assert!(!lost_numbers_tell_the_same(&["1.00001e-320"]));
    }

    #[test]
    fn numbers_that_would_lose_digits_are_found() {
        for text in [
            "[0.0, -0.000e-5, 1e-320, 5e-324, 2.2250738585072014e-308]",
            "[1, 0.1, -2.5e-3, 1e300, 18446744073709551615, 0.30000000000000004, 100000000000000000000.0]",
            "\"-1e999\"",
            "{}",
        ] {
            assert_eq!(first_number_lost(text), None, "{text}");
        }
        for text in [
            "-18446744073709551615",
            "123456789012345678901234567890",
            "0.1234567890123456789",
            "1e999",
            "1.7976931348623159e308",
            "1e-400",
            "-3.5e-999",
            "1.00001e-320",
        ] {
            assert_eq!(first_number_lost(&format!("[\"\\\"1\", {text}]")), Some(8), "{text}");
        }
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for (text, part) in [
            (r#"{"a":1,"b":{"c":1,"c":2}}"#, "twice"),
            (r#"{"a":1,"\u0061":2}"#, "twice"),
            ("9007199254740993", "2^53"),
            ("-9007199254740993", "2^53"),
            ("123456789012345678901234567890", "2^53"),
            (r#"{"a":"b\u0000"}"#, "NUL"),
            (r#"[1] 2"#, "trailing"),
            ("{\"a\":NaN}", "expected"),
            ("", "EOF"),
        ] {
            let error = check(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(check(&nested(DEPTH_MAX)).is_ok());
        assert!(check(&nested(DEPTH_MAX + 1)).unwrap_err().to_string().contains("64"));
        assert!(check(&nested(100_000)).is_err());
    }

    #[test]
    fn plain_json_passes() {
        check(r#" {"a":[1,-2.5e3,true,null,"\u202e"],"b":{"a":9007199254740992}} "#).unwrap();
        let many: Vec<String> = (0..5_000).map(|i| format!("\"k{i}\":{i}")).collect();
        check(&format!("{{{}}}", many.join(","))).unwrap();
    }
}
