//! Ways to reach the other side, and kinds of repositories.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::clones::Clones;

/// Two clones exchange and hold the same.
fn exchange(clones: &Clones, a: &str, b: &str) {
    clones.bug(a, "by-a");
    clones.sync(a).ok();
    clones.bug(b, "by-b");
    clones.note(b, "key:first", "noted by b");
    clones.sync(b).ok();
    clones.note(a, "key:first", "noted by a");
    clones.sync(a).ok();
    clones.sync(b).ok();
    clones.assert_alike(&[a, b]);
}

#[test]
fn a_repository_with_sha256_names() {
    let clones = Clones::of_format("sha256");
    clones.git_in(clones.folder(), &["clone", "-q", "hub.git", "a"]).ok();
    let format = clones.git("a", &["rev-parse", "--show-object-format"]).ok().out;
    assert_eq!(format.trim(), "sha256");
    clones.ledger("a", &["init", "--name", "acme"]).ok();
    clones.bug("a", "first");
    clones.sync("a").ok();
    clones.clone_as("b");
    exchange(&clones, "a", "b");
}

#[test]
fn settings_that_convert_ends_of_lines() {
    let clones = Clones::new(&["a", "b"]);
    for clone in ["a", "b"] {
        clones.git(clone, &["config", "core.autocrlf", "true"]).ok();
        clones.git(clone, &["config", "core.eol", "crlf"]).ok();
    }
    exchange(&clones, "a", "b");
    for clone in ["a", "b"] {
        clones.assert_clean(clone);
    }
}

/// Texts that people edit come out of git with other ends of lines there; nobody edited them.
#[test]
fn settings_that_convert_ends_of_lines_before_anything_is_checked_out() {
    let clones = Clones::new(&["a"]);
    // As older programs wrote them.
    let attributes = clones.path("a").join(".gitattributes");
    let text = std::fs::read_to_string(&attributes).unwrap().replace("schemas/** -text", "schemas/contracts/** -text");
    std::fs::write(&attributes, text).unwrap();
    clones.git("a", &["commit", "-qam", "As it was once"]).ok();
    clones.git("a", &["push", "-q"]).ok();
    clones.git_in(clones.folder(), &["clone", "-q", "-c", "core.autocrlf=true", "hub.git", "w"]).ok();
    let schema = |clone: &str| std::fs::read(clones.path(clone).join("schemas/ledger/types/bug.schema.json")).unwrap();
    assert!(schema("w").windows(2).any(|pair| pair == b"\r\n"), "nothing was converted");
    let synced = clones.sync("w").ok().data();
    assert_eq!(synced["outgoing"]["files"], serde_json::json!([]), "{synced}");
    clones.note("w", "key:first", "noted there");
    clones.sync("w").ok();
    clones.bug("a", "by-a");
    for clone in ["a", "w", "a"] {
        clones.sync(clone).ok();
    }
    clones.assert_clean("w");
    assert_eq!(
        clones.ledger("w", &["show", "key:first", "--json"]).out,
        clones.ledger("a", &["show", "key:first", "--json"]).out
    );
    let held = clones.git("a", &["show", "origin/main:schemas/ledger/types/bug.schema.json"]).ok().out;
    assert!(!held.contains('\r'), "{held}");
    // What is edited there is published, as one edit.
    let edited = String::from_utf8(schema("w")).unwrap().replacen("\r\n", "\r\n\r\n", 1);
    std::fs::write(clones.path("w").join("schemas/ledger/types/bug.schema.json"), edited).unwrap();
    let synced = clones.sync("w").ok().data();
    assert_eq!(synced["outgoing"]["files"], serde_json::json!(["schemas/ledger/types/bug.schema.json"]), "{synced}");
    clones.sync("a").ok();
    assert!(!schema("a").contains(&b'\r'));
    assert!(String::from_utf8(schema("a")).unwrap().starts_with("{\n\n"), "{:?}", String::from_utf8(schema("a")));
}

#[test]
fn a_work_tree_beside_another() {
    let clones = Clones::new(&["a", "b"]);
    clones.git("a", &["worktree", "add", "-q", "-b", "other", "../tree"]).ok();
    clones.git("tree", &["branch", "-q", "--set-upstream-to=origin/main"]).ok();
    exchange(&clones, "tree", "b");
}

#[test]
fn a_submodule() {
    let clones = Clones::new(&["b"]);
    clones.git_in(clones.folder(), &["init", "-q", "outer"]).ok();
    clones.git("outer", &["submodule", "--quiet", "add", "../hub.git", "inner"]).ok();
    clones.git("outer/inner", &["checkout", "-q", "main"]).ok();
    exchange(&clones, "outer/inner", "b");
}

#[test]
fn a_folder_of_the_repository_with_a_blank_in_its_name() {
    let clones = Clones::none();
    for clone in ["a", "b"] {
        clones.clone_as(clone);
    }
    std::fs::create_dir_all(clones.path("a").join("team docs")).unwrap();
    clones.ledger("a/team docs", &["init", "--name", "acme"]).ok();
    clones.bug("a/team docs", "first");
    clones.sync("a/team docs").ok();
    clones.git("b", &["pull", "-q", "origin", "main"]).ok();
    exchange(&clones, "a/team docs", "b/team docs");
    clones.assert_clean("a");
}

#[test]
fn a_partial_clone() {
    let clones = Clones::new(&["a"]);
    clones.git("hub.git", &["config", "uploadpack.allowFilter", "true"]).ok();
    clones.git("hub.git", &["config", "uploadpack.allowAnySHA1InWant", "true"]).ok();
    let hub = format!("file://{}", clones.path("hub.git").display());
    clones.git_in(clones.folder(), &["clone", "-q", "--filter=blob:none", &hub, "b"]).ok();
    exchange(&clones, "a", "b");
}

#[test]
fn a_shallow_clone() {
    let clones = Clones::new(&["a"]);
    clones.bug("a", "more");
    clones.sync("a").ok();
    let hub = format!("file://{}", clones.path("hub.git").display());
    clones.git_in(clones.folder(), &["clone", "-q", "--depth=1", &hub, "b"]).ok();
    exchange(&clones, "a", "b");
}

#[test]
fn git_daemon_on_loopback() {
    let clones = Clones::new(&["a", "b"]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut daemon = clones.isolated(Command::new("git"));
    daemon
        .args(["daemon", "--reuseaddr", "--listen=127.0.0.1", "--export-all", "--enable=receive-pack"])
        .arg(format!("--port={port}"))
        .arg(format!("--base-path={}", clones.folder().display()))
        .stderr(Stdio::null());
    let _daemon = Daemon(daemon.spawn().unwrap());
    let is_up = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    if !is_up {
        // Debian has it in a package of its own on some releases.
        eprintln!("SKIPPED: git daemon does not run here");
        return;
    }
    for clone in ["a", "b"] {
        let url = format!("git://127.0.0.1:{port}/hub.git");
        clones.git(clone, &["remote", "set-url", "origin", &url]).ok();
    }
    exchange(&clones, "a", "b");
}

/// Ended when dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // Its own child outlives it unless it is asked to end.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}
