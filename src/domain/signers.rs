//! Files of allowed signers and of revoked keys, as OpenSSH takes them (ssh-keygen(1), ALLOWED SIGNERS and KEY
//! REVOCATION LISTS): whether they are such files at all. ssh-keygen takes a file that it can't read for one that names
//! nobody, or for one that revokes every key; here it is told apart from both.

use super::base64;

/// A file that is none of signers, or of revoked keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSigners {
    /// A line that names no signer.
    #[error(
        "line {0} names no signer: expected names, options if any, the type of a key and the key (ssh-keygen(1), ALLOWED SIGNERS)"
    )]
    NoSigner(usize),
    /// A line that is no public key.
    #[error("line {0} is no public key: expected a key of OpenSSH in each line, or a key revocation list (KRL)")]
    NoKey(usize),
    /// A list that is cut short, or of another form.
    #[error("it begins as a key revocation list (KRL) and is none: it is cut short or was changed")]
    NoList,
}

/// How a key revocation list begins.
const LIST_MAGIC: &[u8] = b"SSHKRL\n\0";
/// Its parts, by their numbers.
const CERTIFICATES: u8 = 1;
const KEYS: u8 = 2;
const SHA1: u8 = 3;
const SIGNATURE: u8 = 4;
const SHA256: u8 = 5;

/// Whether it is a file of allowed signers.
///
/// # Errors
/// [`BadSigners`] says in which line it is none.
pub fn check_allowed(bytes: &[u8]) -> Result<(), BadSigners> {
    match lines(bytes).find(|(_, line)| !names_signer(line)) {
        Some((number, _)) => Err(BadSigners::NoSigner(number)),
        None => Ok(()),
    }
}

/// Whether it is a file of revoked keys: public keys in lines, or a key revocation list.
///
/// # Errors
/// [`BadSigners`] says where it is none.
pub fn check_revoked(bytes: &[u8]) -> Result<(), BadSigners> {
    if let Some(list) = bytes.strip_prefix(LIST_MAGIC) {
        return is_list(list).filter(|is_whole| *is_whole).map(|_| ()).ok_or(BadSigners::NoList);
    }
    match lines(bytes).find(|(_, line)| !begins_with_key(line)) {
        Some((number, _)) => Err(BadSigners::NoKey(number)),
        None => Ok(()),
    }
}

/// The lines that say something, with their numbers.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#")).map(|(at, line)| (at + 1, line))
}

/// `NAMES [OPTIONS] TYPE KEY [COMMENT]`.
fn names_signer(line: &[u8]) -> bool {
    let after_names = after_word(line);
    begins_with_key(after_names) || begins_with_key(after_word(after_names))
}

/// What comes after the first word; blanks between quotes are part of it.
fn after_word(line: &[u8]) -> &[u8] {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let end = line.iter().position(|byte| {
        let is_quote = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_quoted ^= is_quote;
        !is_quoted && byte.is_ascii_whitespace()
    });
    end.map_or(&[], |end| line[end..].trim_ascii_start())
}

/// Whether a text begins with the type of a key and a key that is of this type.
fn begins_with_key(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (Some(kind), Some(key)) = (words.next(), words.next()) else { return false };
    let Some(key) = std::str::from_utf8(key).ok().and_then(base64::decode) else { return false };
    let mut rest = key.as_slice();
    string(&mut rest) == Some(kind) && is_strings(rest).is_some_and(|count| count > 0)
}

/// Whether a list without its first bytes is whole; `None` if it is cut short.
fn is_list(mut rest: &[u8]) -> Option<bool> {
    const VERSION: [u8; 4] = [0, 0, 0, 1];
    // Its number, when it was made, flags.
    const NUMBERS: usize = 3 * 8;
    if take(&mut rest, VERSION.len())? != VERSION {
        return Some(false);
    }
    take(&mut rest, NUMBERS)?;
    let (_reserved, _comment) = (string(&mut rest)?, string(&mut rest)?);
    while let Some((kind, after)) = rest.split_first() {
        rest = after;
        let mut part = string(&mut rest)?;
        match *kind {
            KEYS | SHA1 | SHA256 => drop(is_strings(part)?),
            CERTIFICATES => {
                let (_authority, _reserved) = (string(&mut part)?, string(&mut part)?);
                while let Some((_, after)) = part.split_first() {
                    part = after;
                    string(&mut part)?;
                }
            }
            SIGNATURE => drop(string(&mut rest)?),
            // What a newer ssh-keygen adds is for it to judge.
            _ => {}
        }
    }
    Some(true)
}

/// How many strings there are, one after the other; `None` if the last is cut short.
fn is_strings(mut rest: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !rest.is_empty() {
        string(&mut rest)?;
        count += 1;
    }
    Some(count)
}

/// A string as SSH writes it: its length in four bytes, then its bytes.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(rest, 4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    take(rest, usize::try_from(length).ok()?)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFUZI/dQ9xCdxRVDlIqHTGZMLoGTFHNYuBzZ/JEUG1ka";

    fn list(part: &[u8]) -> Vec<u8> {
        let mut list = LIST_MAGIC.to_vec();
        list.extend([0, 0, 0, 1]);
        list.extend([0; 24]);
        list.extend([0; 8]);
        list.extend(part);
        list
    }

    #[test]
    fn files_of_signers_are_told_from_what_is_none() {
        for good in [
            String::new(),
            "# nobody\n\n".to_owned(),
            format!("mia@acme.example {KEY}\n"),
            format!("\"mia, at home\" {KEY} a comment\r\n  \t# and\n"),
            format!("*@acme.example,!eve namespaces=\"git,a b\",valid-after=\"20260101Z\" {KEY}\n"),
        ] {
            assert_eq!(check_allowed(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, line) in [
            ("garbage\n".to_owned(), 1),
            (format!("{KEY}\n"), 1),
            (format!("mia {KEY}\nmia ssh-ed25519 AAAA\n"), 2),
            (format!("mia {}\n", KEY.replace("ssh-ed25519", "ssh-rsa")), 1),
            (format!("mia a b {KEY}\n"), 1),
            (format!("mia \"cut {KEY}\n"), 1),
        ] {
            assert_eq!(check_allowed(bad.as_bytes()), Err(BadSigners::NoSigner(line)), "{bad}");
        }
    }

    #[test]
    fn files_of_revoked_keys_are_told_from_what_is_none() {
        assert_eq!(check_revoked(b""), Ok(()));
        assert_eq!(check_revoked(format!("# lost\n{KEY} mia\n").as_bytes()), Ok(()));
        assert_eq!(check_revoked(b"garbage\n"), Err(BadSigners::NoKey(1)));
        assert_eq!(check_revoked(format!("{KEY}\nmia {KEY}\n").as_bytes()), Err(BadSigners::NoKey(2)));
        assert_eq!(check_revoked(&[0xFF, 0xFE, 0, 1]), Err(BadSigners::NoKey(1)));
    }

    #[test]
    fn a_key_revocation_list_is_whole_or_none() {
        let hash = [&[SHA256, 0, 0, 0, 36, 0, 0, 0, 32][..], &[7; 32]].concat();
        let whole = list(&hash);
        assert_eq!(check_revoked(&whole), Ok(()));
        assert_eq!(check_revoked(&list(&[])), Ok(()));
        for end in LIST_MAGIC.len()..whole.len() {
            // Cut between two parts nobody can tell.
            let expected = if end == list(&[]).len() { Ok(()) } else { Err(BadSigners::NoList) };
            assert_eq!(check_revoked(&whole[..end]), expected, "{end}");
        }
        assert_eq!(check_revoked(&list(&[KEYS, 0, 0, 0, 4, 0, 0, 0, 9])), Err(BadSigners::NoList));
        assert_eq!(check_revoked(b"SSHKRL\n\0\0\0\0\x02"), Err(BadSigners::NoList));
    }
}
