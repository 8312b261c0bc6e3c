//! Commands by names of one's own. An alias is looked for only where no built-in command has the name.

use std::ffi::{OsStr, OsString};

/// What a name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alias {
    /// The words that stand for it: a command of this program, and what follows it.
    pub words: Vec<String>,
    /// In which line of the file, from 1 on.
    pub line: usize,
}

/// The words of an alias that was written as one text: they are separated by blanks.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Whether a name can be an alias: a word that is no option.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=40).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with('-')
}

/// The arguments with the words in place of the command that stands at `place`.
#[must_use]
pub fn expand(arguments: &[OsString], place: usize, words: &[String]) -> Vec<OsString> {
    let before = arguments.iter().take(place).cloned();
    let after = arguments.iter().skip(place + 1).cloned();
    before.chain(words.iter().map(OsString::from)).chain(after).collect()
}

/// Where among the arguments the command stands: the first word after the program that is no option and no value of one.
#[must_use]
pub fn command_place(arguments: &[OsString], program: &clap::Command) -> Option<usize> {
    let takes_value = |word: &str| {
        let option = program.get_arguments().find(|argument| {
            let long = word.strip_prefix("--").filter(|name| !name.is_empty());
            let short = word.strip_prefix('-').and_then(|letters| letters.chars().last());
            match long {
                Some(long) => argument.get_long() == Some(long),
                None => short.is_some() && argument.get_short() == short,
            }
        });
        option.is_some_and(|option| option.get_action().takes_values())
    };
    let mut place = 1;
    loop {
        let word = arguments.get(place).map(OsString::as_os_str).map(OsStr::to_string_lossy)?;
        if !word.starts_with('-') || word == "-" {
            return Some(place);
        }
        if word == "--" {
            return None;
        }
        place += if !word.contains('=') && takes_value(&word) { 2 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction};

    fn program() -> clap::Command {
        let root = Arg::new("root").long("root").short('r');
        clap::Command::new("p").arg(root).arg(Arg::new("quiet").long("quiet").short('q').action(ArgAction::SetTrue))
    }

    fn place(line: &str) -> Option<usize> {
        command_place(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), &program())
    }

    #[test]
    fn the_command_is_the_first_word_that_belongs_to_no_option() {
        assert_eq!(place("p mine"), Some(1));
        assert_eq!(place("p -q --root mine mine"), Some(4));
        assert_eq!(place("p --root=mine mine --quiet"), Some(2));
        assert_eq!(place("p -qr mine mine"), Some(3));
        assert_eq!(place("p -q"), None);
        assert_eq!(place("p -- mine"), None);
    }

    #[test]
    fn the_rest_of_the_line_stays() {
        let arguments: Vec<OsString> = ["p", "-q", "mine", "--all"].map(OsString::from).to_vec();
        let words = words("list  --to shop");
        let expanded = expand(&arguments, 2, &words);
        assert_eq!(expanded, ["p", "-q", "list", "--to", "shop", "--all"].map(OsString::from));
    }
}
