//! Signatures as OpenSSH writes them (PROTOCOL.sshsig): what they say of themselves. Whether they hold is not judged
//! here.

use data_encoding::BASE64_NOPAD;

use super::base64;
use super::hash::Hash;

/// The largest signature, in bytes. One of an RSA key of 16384 bits with a certificate stays below.
pub const SIGNATURE_BYTES_MAX: usize = 32 * 1024;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;

/// A signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    text: String,
    key: Hash,
    namespace: String,
}

/// A text that is no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a signature as ssh-keygen -Y sign makes it")]
pub struct BadSignature;

impl Signature {
    /// Reads an armoured signature.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn parse(text: &str) -> Result<Self, BadSignature> {
        if text.len() > SIGNATURE_BYTES_MAX {
            return Err(BadSignature);
        }
        let body = text.trim_end().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or(BadSignature)?;
        let digits: String = body.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let bytes = base64::decode(&digits).ok_or(BadSignature)?;
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(BadSignature)?;
        if take_number(&mut rest)? != VERSION {
            return Err(BadSignature);
        }
        let key = Hash::of(&[take(&mut rest)?]);
        let namespace = std::str::from_utf8(take(&mut rest)?).map_err(|_| BadSignature)?.to_owned();
        let (_reserved, _algorithm, _signature) = (take(&mut rest)?, take(&mut rest)?, take(&mut rest)?);
        if !rest.is_empty() {
            return Err(BadSignature);
        }
        Ok(Self { text: text.to_owned(), key, namespace })
    }

    /// The signature as it was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// For what use it was made.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The key that made it, as OpenSSH tells it: `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_NOPAD.encode(self.key.bytes()))
    }

    /// The key that made it, in 16 digits, for the name of a file.
    #[must_use]
    pub fn key_digits(&self) -> String {
        self.key.to_string()[..16].to_owned()
    }
}

fn take_number(rest: &mut &[u8]) -> Result<u32, BadSignature> {
    let (number, after) = rest.split_first_chunk::<4>().ok_or(BadSignature)?;
    *rest = after;
    Ok(u32::from_be_bytes(*number))
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], BadSignature> {
    let length = usize::try_from(take_number(rest)?).map_err(|_| BadSignature)?;
    let (text, after) = rest.split_at_checked(length).ok_or(BadSignature)?;
    *rest = after;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by ssh-keygen over `hello` and a line feed.
    const MADE: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg/0jqGZNGjQt9m482VD6hYyzXCr
sPJUo56Cb9eMxWQz0AAAAFbnNAdjEAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1
MTkAAABAIemrTqam3ZHZmYsfsI2FncW8uryHXAVQA+OODid76REa6tlqQ94rOVv8VIwurz
HZ2FY8JZsfcvtV3a++Aiz6Bw==
-----END SSH SIGNATURE-----
";

    #[test]
    fn a_signature_says_who_made_it_and_for_what() {
        let read = Signature::parse(MADE).unwrap();
        assert_eq!(read.namespace(), "ns@v1");
        assert_eq!(read.fingerprint(), "SHA256:L48KYqqKR4ZETFQwi6KtzqDcAVH7gn/7RL5kXVqQcbc");
        assert_eq!(read.key_digits(), "2f8f0a62aa8a4786");
        assert_eq!(read.text(), MADE);
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "hello",
            BEGIN,
            &MADE.replace("U1NI", "U1NJ"),
            &MADE.replace("Bw==", "Bw"),
            &MADE.replace("AAAAAQAAADM", "AAAAAgAAADM"),
        ] {
            assert!(Signature::parse(text).is_err(), "{text}");
        }
        // Cut anywhere, it is none.
        let inside: String = MADE.lines().filter(|line| !line.starts_with('-')).collect();
        let bytes = base64::decode(&inside).unwrap();
        for length in 0..bytes.len() {
            let cut = format!("{BEGIN}\n{}\n{END}\n", base64::encode(&bytes[..length]));
            assert!(Signature::parse(&cut).is_err(), "{length} bytes");
        }
    }
}
