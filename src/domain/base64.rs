//! Base64 (RFC 4648 §4) in its one spelling.

use data_encoding::BASE64;

/// The text for some bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes for a text; `None` for any other spelling of theirs. The decoder alone also takes several padded texts in a
/// row for one.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok().filter(|bytes| encode(bytes) == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_spellings_are_none() {
        assert_eq!(decode("AAE="), Some(vec![0, 1]));
        assert_eq!(decode(""), Some(Vec::new()));
        for text in ["AAE", "AAF=", "AA==AQ==", "AAE=AAE=", "AAE=\n", " AAE=", "AA=E", "-_8=", "A", "===="] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back_and_texts_are_spelled_once(bytes in any::<Vec<u8>>(), text in "[AB/+=]{0,12}") {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
