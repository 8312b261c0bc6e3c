//! The forms of credentials, as those who give them out write them.

use serde_json::{Map, Value};

/// A form.
pub(super) struct Form {
    /// A stable name.
    pub(super) kind: &'static str,
    /// The same in words.
    pub(super) words: &'static str,
    /// What every credential of this form holds, mostly at its beginning. Nothing that JSON escapes.
    pub(super) mark: &'static [u8],
    shape: Shape,
}

/// What must follow, or stand around, a mark.
enum Shape {
    /// A word that begins with the mark; after it that many characters of an alphabet.
    Word(Alphabet, Count),
    /// The line that begins a private key, and key material below it.
    PrivateKey,
    /// The count of lines of a private key in PuTTY's file, and key material below it.
    PuttyKey,
    /// Three parts, the first of them a JSON object that names an algorithm.
    JsonWebToken,
    /// The address of a host with a name and a password before it.
    Address,
    /// A setting's name; after it the key of an AWS account.
    AwsSetting,
    /// The number of a bot, the mark, and the rest of its secret.
    Telegram,
    /// The id of a key of AWS, which is no secret; near it the secret.
    AwsPair,
}

#[derive(Clone, Copy)]
enum Alphabet {
    /// Letters and digits.
    Letters,
    /// Those, `-` and `_`.
    Url,
    /// Lower-case hexadecimal digits.
    Hex,
    /// Capitals and digits.
    Capitals,
    /// Those of base64.
    Base64,
    /// Those of `Url` and slashes.
    Path,
}

#[derive(Clone, Copy)]
enum Count {
    Exactly(usize),
    AtLeast(usize),
}

use Alphabet::{Base64, Capitals, Hex, Letters, Path, Url};
use Count::{AtLeast, Exactly};

const fn word(kind: &'static str, words: &'static str, mark: &'static [u8], alphabet: Alphabet, count: Count) -> Form {
    Form { kind, words, mark, shape: Shape::Word(alphabet, count) }
}

const GITHUB: (&str, &str) = ("github-token", "a token of GitHub");
const GITLAB: (&str, &str) = ("gitlab-token", "a token of GitLab");
const SLACK: (&str, &str) = ("slack-token", "a token of Slack");
const DISCORD: (&str, &str) = ("discord-webhook", "the address of a webhook of Discord");
const STRIPE: (&str, &str) = ("stripe-key", "a key of Stripe");
const OPENAI: (&str, &str) = ("openai-key", "a key of OpenAI");
const GOOGLE: (&str, &str) = ("google-key", "a key of Google");
const AWS: (&str, &str) = ("aws-key", "a secret key of AWS");
const VAULT: (&str, &str) = ("vault-token", "a token of HashiCorp Vault");
const PRIVATE: (&str, &str) = ("private-key", "a private key");

/// All forms.
pub(super) const ALL: &[Form] = &[
    Form { kind: PRIVATE.0, words: PRIVATE.1, mark: b"PRIVATE KEY", shape: Shape::PrivateKey },
    // "openssh-key-v1", as the first line of a key has it, where its armour was left out.
    word(PRIVATE.0, PRIVATE.1, b"b3BlbnNzaC1rZXktdjE", Base64, AtLeast(40)),
    word(PRIVATE.0, PRIVATE.1, b"AGE-SECRET-KEY-1", Capitals, Exactly(58)),
    Form { kind: PRIVATE.0, words: PRIVATE.1, mark: b"Private-Lines: ", shape: Shape::PuttyKey },
    word(GITHUB.0, GITHUB.1, b"ghp_", Letters, AtLeast(36)),
    word(GITHUB.0, GITHUB.1, b"gho_", Letters, AtLeast(36)),
    word(GITHUB.0, GITHUB.1, b"ghu_", Letters, AtLeast(36)),
    word(GITHUB.0, GITHUB.1, b"ghs_", Letters, AtLeast(36)),
    word(GITHUB.0, GITHUB.1, b"ghr_", Letters, AtLeast(36)),
    word(GITHUB.0, GITHUB.1, b"github_pat_", Url, AtLeast(60)),
    word(GITLAB.0, GITLAB.1, b"glpat-", Url, AtLeast(20)),
    word(GITLAB.0, GITLAB.1, b"gldt-", Url, AtLeast(20)),
    word(GITLAB.0, GITLAB.1, b"glrt-", Url, AtLeast(20)),
    word(GITLAB.0, GITLAB.1, b"glptt-", Url, AtLeast(20)),
    Form { kind: AWS.0, words: AWS.1, mark: b"AKIA", shape: Shape::AwsPair },
    Form { kind: AWS.0, words: AWS.1, mark: b"ASIA", shape: Shape::AwsPair },
    Form { kind: AWS.0, words: AWS.1, mark: b"aws_secret_access_key", shape: Shape::AwsSetting },
    Form { kind: AWS.0, words: AWS.1, mark: b"AWS_SECRET_ACCESS_KEY", shape: Shape::AwsSetting },
    Form { kind: AWS.0, words: AWS.1, mark: b"SecretAccessKey", shape: Shape::AwsSetting },
    word(SLACK.0, SLACK.1, b"xoxb-", Url, AtLeast(24)),
    word(SLACK.0, SLACK.1, b"xoxp-", Url, AtLeast(24)),
    word(SLACK.0, SLACK.1, b"xoxa-", Url, AtLeast(24)),
    word(SLACK.0, SLACK.1, b"xoxr-", Url, AtLeast(24)),
    word(SLACK.0, SLACK.1, b"xoxs-", Url, AtLeast(24)),
    word(SLACK.0, SLACK.1, b"xoxe-", Url, AtLeast(24)),
    word(SLACK.0, SLACK.1, b"xapp-", Url, AtLeast(24)),
    word("slack-webhook", "the address of a webhook of Slack", b"hooks.slack.com/services/", Base64, AtLeast(36)),
    word("slack-webhook", "the address of a webhook of Slack", b"hooks.slack.com/workflows/", Base64, AtLeast(36)),
    word(DISCORD.0, DISCORD.1, b"discord.com/api/webhooks/", Path, AtLeast(60)),
    word(DISCORD.0, DISCORD.1, b"discordapp.com/api/webhooks/", Path, AtLeast(60)),
    Form { kind: "telegram-token", words: "a token of a bot of Telegram", mark: b":AA", shape: Shape::Telegram },
    word("new-relic-key", "a key of New Relic", b"NRAK-", Capitals, Exactly(27)),
    word("authorization", "the head of an authorized call", b"Authorization: Bearer ", Url, AtLeast(20)),
    word("authorization", "the head of an authorized call", b"Authorization: Basic ", Base64, AtLeast(16)),
    word("azure-key", "a key of an Azure storage account", b"AccountKey=", Base64, AtLeast(80)),
    word(STRIPE.0, STRIPE.1, b"sk_live_", Letters, AtLeast(16)),
    word(STRIPE.0, STRIPE.1, b"rk_live_", Letters, AtLeast(16)),
    word(STRIPE.0, STRIPE.1, b"whsec_", Letters, AtLeast(32)),
    word("npm-token", "a token of npm", b"npm_", Letters, Exactly(36)),
    word("npm-token", "a token of npm", b":_authToken=", Url, AtLeast(20)),
    word("pypi-token", "a token of PyPI", b"pypi-", Url, AtLeast(60)),
    word("crates-token", "a token of crates.io", b"cio", Letters, Exactly(32)),
    word("rubygems-key", "a key of RubyGems", b"rubygems_", Hex, Exactly(48)),
    word("docker-token", "a token of Docker", b"dckr_pat_", Url, Exactly(27)),
    word(GOOGLE.0, GOOGLE.1, b"AIza", Url, Exactly(35)),
    word(GOOGLE.0, GOOGLE.1, b"GOCSPX-", Url, Exactly(28)),
    word(GOOGLE.0, GOOGLE.1, b"ya29.", Url, AtLeast(40)),
    word(GOOGLE.0, GOOGLE.1, b"1//0", Url, AtLeast(40)),
    word("anthropic-key", "a key of Anthropic", b"sk-ant-", Url, AtLeast(32)),
    word(OPENAI.0, OPENAI.1, b"sk-proj-", Url, AtLeast(40)),
    word(OPENAI.0, OPENAI.1, b"sk-svcacct-", Url, AtLeast(40)),
    word(OPENAI.0, OPENAI.1, b"sk-admin-", Url, AtLeast(40)),
    word(OPENAI.0, OPENAI.1, b"sk-", Letters, Exactly(48)),
    word("groq-key", "a key of Groq", b"gsk_", Letters, Exactly(52)),
    word("huggingface-token", "a token of Hugging Face", b"hf_", Letters, Exactly(34)),
    word("sendgrid-key", "a key of SendGrid", b"SG.", Url, AtLeast(22)),
    word("digitalocean-token", "a token of DigitalOcean", b"dop_v1_", Hex, Exactly(64)),
    word("shopify-token", "a token of Shopify", b"shpat_", Hex, Exactly(32)),
    word("databricks-token", "a token of Databricks", b"dapi", Hex, Exactly(32)),
    word("linear-key", "a key of Linear", b"lin_api_", Letters, Exactly(40)),
    word("atlassian-token", "a token of Atlassian", b"ATATT3xFf", Url, AtLeast(60)),
    word("grafana-token", "a token of Grafana", b"glsa_", Url, AtLeast(40)),
    word(VAULT.0, VAULT.1, b"hvs.", Url, AtLeast(24)),
    word(VAULT.0, VAULT.1, b"hvb.", Url, AtLeast(24)),
    Form { kind: "jwt", words: "a JSON web token", mark: b"eyJ", shape: Shape::JsonWebToken },
    Form { kind: "url-password", words: "an address with a password", mark: b"://", shape: Shape::Address },
];

impl Form {
    /// Where the credential begins whose mark stands at `mark`, if it is one.
    pub(super) fn begin(&self, text: &str, mark: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let after = mark + self.mark.len();
        match self.shape {
            Shape::Word(alphabet, count) => {
                (self.is_its_own() || is_a_beginning(bytes, mark)).then_some(())?;
                let body = run(bytes, after, alphabet);
                let fits = match count {
                    Exactly(length) => body.len() == length,
                    AtLeast(length) => body.len() >= length,
                };
                (fits && is_random(body, alphabet)).then_some(mark)
            }
            Shape::PrivateKey => private_key(bytes, mark, after),
            Shape::PuttyKey => putty_key(bytes, mark, after),
            Shape::JsonWebToken => json_web_token(bytes, mark).then_some(mark),
            Shape::Address => address(bytes, mark, after),
            Shape::AwsSetting => aws_setting(bytes, after).then_some(mark),
            Shape::Telegram => telegram(bytes, mark, after),
            Shape::AwsPair => aws_pair(bytes, mark, after).then_some(mark),
        }
    }
}

impl Form {
    /// Whether its mark stands out wherever it is, so that a name may be glued to it: `TOKEN_ghp_…`.
    fn is_its_own(&self) -> bool {
        const STANDS_OUT: usize = 4;
        self.mark.len() >= STANDS_OUT && self.mark.last().is_some_and(|last| b"_-".contains(last))
    }
}

impl Alphabet {
    fn holds(self, byte: u8) -> bool {
        match self {
            Letters => byte.is_ascii_alphanumeric(),
            Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Base64 => byte.is_ascii_alphanumeric() || b"+/".contains(&byte),
            Path => Url.holds(byte) || byte == b'/',
        }
    }
}

/// The characters of an alphabet that stand from `at` on.
fn run(bytes: &[u8], at: usize, alphabet: Alphabet) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| alphabet.holds(**byte)).count();
    &rest[..length]
}

/// Whether no word goes on before this place.
fn is_a_beginning(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|before| bytes.get(before))
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
}

/// Whether it looks drawn at random: not a placeholder, a run of one thing, or words.
fn is_random(body: &[u8], alphabet: Alphabet) -> bool {
    /// Fewer different characters have no 16 random ones, but for one in thousands.
    const DIFFERENT_MIN: usize = 8;
    let mut seen = [false; 256];
    body.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let different = seen.iter().filter(|seen| **seen).count();
    let has_digit = body.iter().any(u8::is_ascii_digit);
    let has_small = body.iter().any(u8::is_ascii_lowercase);
    let has_capital = body.iter().any(u8::is_ascii_uppercase);
    let is_mixed = match alphabet {
        Hex => has_digit && has_small,
        Capitals => has_digit && has_capital,
        // Words with dashes are of one case and have no digits.
        Letters | Url | Base64 | Path => u8::from(has_digit) + u8::from(has_small) + u8::from(has_capital) >= 2,
    };
    different >= DIFFERENT_MIN && is_mixed && !is_placeholder(body)
}

fn is_placeholder(body: &[u8]) -> bool {
    let lower = body.to_ascii_lowercase();
    let holds = |part: &[u8]| lower.windows(part.len()).any(|window| window == part);
    holds(b"example") || holds(b"xxxx") || holds(b"placeholder") || holds(b"redacted") || holds(b"your")
}

/// `-----BEGIN … PRIVATE KEY-----` and at least a line of key material.
fn private_key(bytes: &[u8], mark: usize, after: usize) -> Option<usize> {
    /// How far before the mark its line begins, and how far below it the material.
    const KIND_MAX: usize = 24;
    const HEADERS_MAX: usize = 600;
    const BEGIN: &[u8] = b"-----BEGIN ";
    let near = &bytes[mark.saturating_sub(KIND_MAX + BEGIN.len())..mark];
    let begin = mark - near.len() + memchr::memmem::rfind(near, BEGIN)?;
    let rest = bytes.get(after..)?;
    let rest = rest.strip_prefix(b" BLOCK").unwrap_or(rest).strip_prefix(b"-----")?;
    let below = &rest[..rest.len().min(HEADERS_MAX)];
    let below = &below[..memchr::memmem::find(below, b"-----").unwrap_or(below.len())];
    let mut words = below.split(|byte| !Base64.holds(*byte));
    words.any(|word| word.len() >= MATERIAL_MIN && is_random(word, Base64)).then_some(begin)
}

/// `PuTTY-User-Key-File-3: …` somewhere before, and after the count of lines at least one of key material.
fn putty_key(bytes: &[u8], mark: usize, after: usize) -> Option<usize> {
    /// Everything but the public key is a few short lines.
    const FILE_MAX: usize = 4096;
    const HEADER: &[u8] = b"PuTTY-User-Key-File-";
    let from = mark.saturating_sub(FILE_MAX);
    let begin = from + memchr::memmem::rfind(&bytes[from..mark], HEADER)?;
    let below = bytes.get(after..)?;
    let mut words = below[..below.len().min(PUTTY_LINE_MAX)].split(|byte| !Base64.holds(*byte));
    words.any(|word| word.len() >= MATERIAL_MIN && is_random(word, Base64)).then_some(begin)
}

/// The least key material that counts.
const MATERIAL_MIN: usize = 40;
/// The count of lines, and the first of them.
const PUTTY_LINE_MAX: usize = 100;

/// `HEADER.PAYLOAD.SIGNATURE`, all in base64url.
fn json_web_token(bytes: &[u8], mark: usize) -> bool {
    const SIGNATURE_MIN: usize = 20;
    if !is_a_beginning(bytes, mark) {
        return false;
    }
    let header = run(bytes, mark, Url);
    let payload_at = mark + header.len() + 1;
    let payload = run(bytes, payload_at, Url);
    let signature = run(bytes, payload_at + payload.len() + 1, Url);
    let dots = [payload_at - 1, payload_at + payload.len()];
    dots.iter().all(|at| bytes.get(*at) == Some(&b'.'))
        && payload.starts_with(b"eyJ")
        && signature.len() >= SIGNATURE_MIN
        && is_random(signature, Url)
        && base64url(header)
            .and_then(|header| serde_json::from_slice::<Map<String, Value>>(&header).ok())
            .is_some_and(|header| header.contains_key("alg"))
}

/// The bytes of base64url without padding; `None` for what is none, or too long for a header.
fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    const HEADER_MAX: usize = 4096;
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.get(..text.len().min(HEADER_MAX))? {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

/// `SCHEME://NAME:PASSWORD@HOST`, and the password is no placeholder.
fn address(bytes: &[u8], mark: usize, after: usize) -> Option<usize> {
    const SCHEME_MAX: usize = 20;
    const PASSWORD_MIN: usize = 6;
    const PASSWORD_MAX: usize = 256;
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let scheme = bytes[..mark].iter().rev().take_while(|byte| is_scheme(byte)).count();
    let rest = bytes.get(after..).unwrap_or_default();
    let ends =
        |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'<>`\\|()[]{}$".contains(byte) || !byte.is_ascii_graphic();
    let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let at = memchr::memrchr(b'@', authority)?;
    let colon = memchr::memchr(b':', &authority[..at])?;
    let (password, host) = (&authority[colon + 1..at], &authority[at + 1..]);
    let host = host.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_stated = (1..=SCHEME_MAX).contains(&scheme)
        && (PASSWORD_MIN..=PASSWORD_MAX).contains(&password.len())
        && !host.is_empty()
        && !is_word_for_password(password);
    is_stated.then_some(mark - scheme)
}

/// What people write where a password would stand.
fn is_word_for_password(password: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"password", b"passwd", b"secret", b"token", b"credential", b"api_key", b"apikey", b"pwd"];
    let lower = password.to_ascii_lowercase();
    let letters: Vec<u8> = lower.iter().copied().filter(|byte| byte.is_ascii_alphabetic() || *byte == b'_').collect();
    let masks = lower.iter().all(|byte| b"*.x-_%".contains(byte));
    masks
        || WORDS.iter().any(|word| letters == *word || letters.strip_prefix(b"my").is_some_and(|rest| rest == *word))
        || is_placeholder(password)
}

/// `= KEY`, `: "KEY"`: forty characters of base64 after the name of the setting.
fn aws_setting(bytes: &[u8], after: usize) -> bool {
    const BETWEEN_MAX: usize = 12;
    let rest = bytes.get(after..).unwrap_or_default();
    let between = rest.iter().take(BETWEEN_MAX).take_while(|byte| b" \t=:\"'\\>".contains(byte)).count();
    between > 0 && is_aws_secret(run(rest, between, Base64))
}

/// `NUMBER:AA…`: 35 characters after the colon.
fn telegram(bytes: &[u8], mark: usize, after: usize) -> Option<usize> {
    const DIGITS: std::ops::RangeInclusive<usize> = 8..=10;
    const REST: usize = 33;
    let digits = bytes[..mark].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (begin, rest) = (mark - digits, run(bytes, after, Url));
    let fits = DIGITS.contains(&digits) && is_a_beginning(bytes, begin) && rest.len() == REST && is_random(rest, Url);
    fits.then_some(begin)
}

/// An id, and within a few lines of it a word of forty characters that is no hash.
fn aws_pair(bytes: &[u8], mark: usize, after: usize) -> bool {
    const ID: usize = 16;
    const NEAR: usize = 200;
    let id = run(bytes, after, Capitals);
    if id.len() != ID || !is_a_beginning(bytes, mark) || is_placeholder(id) {
        return false;
    }
    let end = after + ID;
    let around = &bytes[mark.saturating_sub(NEAR)..bytes.len().min(end + NEAR)];
    around.split(|byte| !Base64.holds(*byte)).any(is_aws_secret)
}

fn is_aws_secret(word: &[u8]) -> bool {
    const LENGTH: usize = 40;
    let is_hash = word.iter().all(u8::is_ascii_hexdigit);
    let has = |test: fn(&u8) -> bool| word.iter().any(test);
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    word.len() == LENGTH && !is_hash && is_mixed && is_random(word, Base64)
}
