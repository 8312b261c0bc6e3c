//! Credentials are found wherever they stand, and hardly anything else is taken for one.

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::secret::{find, in_line, in_value, masked};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::replica::{NOON_MS, Request};

/// As random as a form demands: at least 8 different characters, two of the three sorts.
fn random(pattern: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(pattern).unwrap().prop_filter("not random enough", |text| {
        let different: std::collections::BTreeSet<char> = text.chars().collect();
        let lower = text.to_lowercase();
        let words = ["example", "xxxx", "placeholder", "redacted", "your"];
        let has = |test: fn(char) -> bool| text.contains(test);
        let sorts = [has(|c| c.is_ascii_digit()), has(|c| c.is_ascii_lowercase()), has(|c| c.is_ascii_uppercase())];
        different.len() >= 8
            && sorts.iter().filter(|has| **has).count() >= 2
            && !words.iter().any(|word| lower.contains(word))
    })
}

/// One credential of each form, with its kind.
fn credential() -> impl Strategy<Value = (&'static str, String)> {
    let word = |kind: &'static str, prefix: &'static str, pattern: &'static str| {
        random(pattern).prop_map(move |body| (kind, format!("{prefix}{body}"))).boxed()
    };
    let forms = [
        ("github-token", "ghp_", "[A-Za-z0-9]{36}"),
        ("github-token", "gho_", "[A-Za-z0-9]{36}"),
        ("github-token", "ghs_", "[A-Za-z0-9]{36,80}"),
        ("github-token", "github_pat_", "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
        ("gitlab-token", "glpat-", "[A-Za-z0-9_-]{20}"),
        ("slack-token", "xoxb-", "[0-9]{12}-[0-9]{12}-[A-Za-z0-9]{24}"),
        ("slack-webhook", "https://hooks.slack.com/services/", "T[A-Z0-9]{8}/B[A-Z0-9]{10}/[A-Za-z0-9]{24}"),
        ("discord-webhook", "https://discord.com/api/webhooks/", "[0-9]{18}/[A-Za-z0-9_-]{68}"),
        ("telegram-token", "", "[1-9][0-9]{8,9}:AA[A-Za-z0-9_-]{33}"),
        ("new-relic-key", "NRAK-", "[A-Z0-9]{27}"),
        ("npm-token", "//registry.example.org/:_authToken=", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        ("authorization", "Authorization: Bearer ", "[A-Za-z0-9_-]{40}"),
        ("authorization", "Authorization: Basic ", "[A-Za-z0-9+/]{24}"),
        ("azure-key", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", "[A-Za-z0-9+/]{86}=="),
        ("google-key", "ya29.", "[A-Za-z0-9_-]{100,180}"),
        ("google-key", "1//0", "[A-Za-z0-9_-]{60,100}"),
        ("stripe-key", "sk_live_", "[A-Za-z0-9]{24}"),
        ("npm-token", "npm_", "[A-Za-z0-9]{36}"),
        ("pypi-token", "pypi-", "AgEIcHlwaS5vcmc[A-Za-z0-9_-]{60,100}"),
        ("crates-token", "cio", "[A-Za-z0-9]{32}"),
        ("google-key", "AIza", "[A-Za-z0-9_-]{35}"),
        ("anthropic-key", "sk-ant-api03-", "[A-Za-z0-9_-]{93}AA"),
        ("openai-key", "sk-proj-", "[A-Za-z0-9_-]{48,150}"),
        ("openai-key", "sk-", "[A-Za-z0-9]{48}"),
        ("huggingface-token", "hf_", "[A-Za-z]{34}"),
        ("private-key", "AGE-SECRET-KEY-1", "[A-Z0-9]{58}"),
        ("digitalocean-token", "dop_v1_", "[a-f0-9]{64}"),
        ("aws-key", "aws_secret_access_key = ", "[A-Z][a-z][0-9][A-Za-z0-9+/]{37}"),
        ("aws-key", "AKIAQWERTYUIOPASDFGH ", "[A-Z][a-z][0-9][A-Za-z0-9+/]{37}"),
        ("url-password", "postgres://app:", "[A-Za-z0-9_.-]{12}@db\\.internal"),
        ("url-password", "https://bob:", "[A-Za-z0-9]{10}@git\\.acme\\.test"),
    ];
    let mut all: Vec<BoxedStrategy<(&'static str, String)>> =
        forms.into_iter().map(|(kind, prefix, pattern)| word(kind, prefix, pattern)).collect();
    for kind in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
        let key = random("[A-Za-z0-9+/]{64}")
            .prop_map(move |body| ("private-key", format!("-----BEGIN {kind}-----\n\n{body}\n-----END {kind}-----")));
        all.push(key.boxed());
    }
    let putty = random("[A-Za-z0-9+/]{64}").prop_map(|body| {
        let head = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\n";
        ("private-key", format!("{head}Private-Lines: 1\n{body}\nPrivate-MAC: 00\n"))
    });
    all.push(putty.boxed());
    let token = random("[A-Za-z0-9_-]{43}").prop_map(|signature| {
        let (header, payload) = ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJzdWIiOiJib2IifQ");
        ("jwt", format!("{header}.{payload}.{signature}"))
    });
    all.push(token.boxed());
    proptest::strategy::Union::new(all)
}

/// What people write around it: nothing that makes the word longer.
fn around() -> impl Strategy<Value = (String, String)> {
    ("([a-z ]{0,20}[ \"'(=\n])?", "([ \"')\n.,;][a-z ]{0,20})?")
}

/// What is no credential, though it looks like one from afar.
fn harmless() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{64}",
        "[0-9a-f]{40}",
        "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "REQ-2026[01][0-9][0-2][0-9]-[0-9]{4}",
        "https://[a-z]{3,9}\\.test(:[0-9]{2,5})?(/[a-z0-9._@:-]{1,12}){0,4}(\\?[a-z]=[a-z0-9@:]{1,9})?",
        "(ssh://)?git@[a-z]{3,9}\\.test:[a-z]{2,9}/[a-z]{2,9}\\.git",
        "[A-Za-z0-9+/]{20,200}={0,2}",
        "([a-z]{1,8}-){0,3}sk-[a-z]{2,9}(-[a-z]{2,9}){0,4}",
        "(ghp|gho|npm|hf|cio|glpat|xoxb)[_-][a-z]{0,20}",
        "sha256-[A-Za-z0-9+/]{43}=",
        "[A-Z][a-z]{2,8}( [a-z]{1,9}){0,12}\\.",
        "postgres://[a-z]{2,8}:(\\$\\{[A-Z_]{2,9}\\}|\\*{3,9}|<[a-z]{2,9}>|password|secret|x{4,9})@db/app",
        Just("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxx8A\n".to_owned()),
        Just("files that begin with -----BEGIN PRIVATE KEY----- are refused".to_owned()),
        Just("-----BEGIN RSA PRIVATE KEY-----\n…\n-----END RSA PRIVATE KEY-----\n9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
        Just("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        Just("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        Just("AKIAQWERTYUIOPASDFGH 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12".to_owned()),
        Just("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned()),
        Just("^ghp_[A-Za-z0-9]{36}$".to_owned()),
        Just("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9".to_owned()),
        Just("https://shop.test/a:b@c, https://user@shop.test, http://[::1]:8080/x@y".to_owned()),
    ]
}

proptest! {
    #[test]
    fn a_credential_is_found_where_it_stands(
        (kind, secret) in credential(),
        (before, after) in around(),
    ) {
        let text = format!("{before}{secret}{after}");
        let found = find(&text);
        prop_assert!(found.is_some_and(|found| found.kind == kind), "{text:?}: {found:?}");
        let at = found.unwrap().at;
        prop_assert!(text.is_char_boundary(at) && at <= before.len() + secret.len(), "{text:?}: {at}");
        prop_assert_eq!(find(&before), None);
    }

    #[test]
    fn it_is_found_in_json_by_its_place_and_never_repeated((kind, secret) in credential(), deep in 0..4_usize) {
        let nested = (0..deep).fold(json!([secret]), |inner, _| json!({"a/b": inner}));
        let value = json!({"ok": "nothing", "here": nested});
        let found = in_value(&value);
        prop_assert_eq!(found.len(), 1, "{}", value);
        prop_assert_eq!(&found[0].pointer, &format!("/here{}/0", "/a~1b".repeat(deep)));
        prop_assert_eq!((found[0].kind, found[0].line), (kind, 1));
        prop_assert_eq!(&in_line(&value.to_string()), &found);
        let told = format!("{found:?}");
        prop_assert!(!told.contains(secret.lines().last().unwrap()));
        let as_name = in_value(&json!({"here": {secret.clone(): 1}}));
        prop_assert_eq!(as_name.iter().map(|found| found.pointer.as_str()).collect::<Vec<_>>(), ["/here"]);
    }

    #[test]
    fn what_nobody_sees_hides_no_credential((kind, secret) in credential(), at in any::<Index>(), seam in "[\u{200b}\u{2060}\u{feff}]") {
        let at = (0..=secret.len()).filter(|at| secret.is_char_boundary(*at)).nth(at.index(secret.chars().count())).unwrap();
        let hidden = format!("{}{seam}{}", &secret[..at], &secret[at..]);
        prop_assert!(find(&hidden).is_some_and(|found| found.kind == kind), "{hidden:?}");
    }

    #[test]
    fn what_is_told_again_holds_none((_, secret) in credential(), (before, after) in around()) {
        let text = format!("{before}{secret}{after}");
        let told = masked(&text);
        prop_assert_eq!(find(&told), None, "{:?}", told);
        prop_assert_eq!(masked(&before), before.as_str());
    }

    #[test]
    fn other_texts_are_let_through(text in harmless(), (before, after) in around()) {
        let text = format!("{before}{text}{after}");
        prop_assert_eq!(find(&text), None, "{:?}", text);
    }

    #[test]
    fn what_an_event_holds_is_recorded_and_read_again((kind, secret) in credential(), harmless in harmless()) {
        let request = Request::with(json!({"description": secret, "title": "T"}));
        let event = request.genesis(NOON_MS);
        let kinds: Vec<&str> = event.allowed_secrets().iter().map(|kind| kind.as_str()).collect();
        prop_assert_eq!(kinds, [kind]);
        prop_assert_eq!(Event::parse(event.line()), Ok(event.clone()));
        prop_assert!(event.says_what_was_read());
        let recorded = format!(",\"allowed_secrets\":[\"{kind}\"],\"parents\":");
        prop_assert!(event.line().contains(&recorded));
        let other = Request::with(json!({"description": harmless})).genesis(NOON_MS);
        prop_assert!(other.allowed_secrets().is_empty() && !other.line().contains("allowed_secrets"));
    }
}

#[test]
fn the_line_and_the_first_of_several_are_told() {
    let token = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
    let found = in_value(&json!({"text": format!("one\ntwo {token}\nthree {token}")}));
    assert_eq!(found.iter().map(|found| (found.pointer.as_str(), found.line)).collect::<Vec<_>>(), [("/text", 2)]);
}
