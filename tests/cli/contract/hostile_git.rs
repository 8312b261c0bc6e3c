//! A repository that names programs wherever git would run them: none is run, whatever is asked of the ledger.

use super::files;
use crate::common::Sandbox;

/// A repository with a trap in every setting, hook and variable that names a program. The traps leave a file behind.
fn trapped() -> Sandbox {
    let sandbox = files();
    let root = sandbox.root();
    sandbox.run(
        r#"ledger contract add billing.invoice v1.json --owner billing && ledger new --title T --from a --to b --type bug --set details.impact=x &&
        echo '* diff=trap filter=trap merge=trap' >> .gitattributes &&
        git init -q -b main . && git config user.name t && git config user.email t@example.com && git add -A && git commit -q -m base"#,
    );
    let trap = root.parent().unwrap().join("trap");
    std::fs::write(&trap, "#!/bin/sh\ntouch \"$(dirname \"$0\")/sprung\"\ncat > /dev/null 2>&1 < /dev/null\nexit 1\n")
        .unwrap();
    sandbox.run(
        r#"trap=$(dirname "$PWD")/trap; chmod +x "$trap"; mkdir -p hooks .git/hooks
        for hook in pre-commit post-checkout post-index-change reference-transaction fsmonitor-watchman query-watchman pre-auto-gc post-rewrite; do
            cp "$trap" .git/hooks/$hook; printf '#!/bin/sh\n%s\n' "$trap" > hooks/$hook; chmod +x hooks/$hook; done
        for alias in rev-parse ls-tree cat-file config show status; do git config alias.$alias "!$trap"; done
        git config core.fsmonitor "$trap"; git config core.hooksPath "$PWD/hooks"; git config core.pager "$trap"; git config core.editor "$trap"
        git config core.sshCommand "$trap"; git config core.askPass "$trap"; git config core.gitProxy "$trap"
        git config core.alternateRefsCommand "$trap"; git config credential.helper "!$trap"; git config diff.external "$trap"
        git config diff.trap.textconv "$trap"; git config diff.trap.command "$trap"; git config filter.trap.smudge "$trap"
        git config filter.trap.clean "$trap"; git config filter.trap.process "$trap"; git config filter.trap.required true
        git config merge.trap.driver "$trap"; git config gpg.program "$trap"; git config gpg.ssh.program "$trap"; git config log.showSignature true
        git config uploadpack.packObjectsHook "$trap"; git config pager.rev-parse true; git config pager.config "$trap"; git config pager.cat-file "$trap"
        git config remote.origin.url "ext::$trap %S"; git config remote.origin.uploadpack "$trap"; git config remote.origin.promisor true
        git config remote.origin.partialclonefilter blob:none; git config protocol.ext.allow always; git config protocol.file.allow always
        git config core.repositoryformatversion 1; git config extensions.partialClone origin"#,
    );
    sandbox
}

/// Variables of the same kind, as a hook or a hostile shell would hand them on.
const VARIABLES: &str = r#"trap=$(dirname "$PWD")/trap; export GIT_EXTERNAL_DIFF="$trap" GIT_PAGER="$trap" PAGER="$trap" GIT_EDITOR="$trap"
    export GIT_SSH="$trap" GIT_SSH_COMMAND="$trap" GIT_ASKPASS="$trap" SSH_ASKPASS="$trap" GIT_PROXY_COMMAND="$trap" GIT_ALLOW_PROTOCOL=ext:file
    export GIT_TRACE="$(dirname "$PWD")/sprung" GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0="$trap"; unset LEDGER_ACTOR"#;

fn is_sprung(sandbox: &Sandbox) -> bool {
    sandbox.root().parent().unwrap().join("sprung").exists()
}

#[test]
fn the_traps_work() {
    for line in [
        "git status",
        "git diff HEAD~0 --ext-diff",
        "git commit -q --allow-empty -m x",
        "git rm -q --cached v1.json",
        "git fetch origin",
    ] {
        let sandbox = trapped();
        sandbox.shell(&format!("echo x >> v1.json; {line}"));
        assert!(is_sprung(&sandbox), "{line} runs nothing: the trap is none");
    }
    let sandbox = trapped();
    sandbox.shell(&format!("{MISSING}; git cat-file -p $blob"));
    assert!(is_sprung(&sandbox), "nothing is fetched that is missing");
    let sandbox = trapped();
    sandbox.shell(&format!("{VARIABLES}; git config --get user.email"));
    assert!(is_sprung(&sandbox), "no variable has an effect");
}

/// Takes a file's content out of the repository, as a partial clone lacks it.
const MISSING: &str = r#"blob=$(env -u GIT_TRACE -u GIT_CONFIG_COUNT git -c core.fsmonitor=false rev-parse HEAD:schemas/contracts/billing.invoice/v1.json)
    rm -f .git/objects/$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)"#;

#[test]
fn nothing_that_a_repository_names_is_run() {
    let sandbox = trapped();
    sandbox.run("rm -f ../sprung");
    for line in [
        "ledger contract check --against main",
        "ledger contract check --against HEAD --format markdown",
        "ledger contract check --against=--upload-pack=x",
        "ledger contract check --against=-x",
        "ledger contract check --against='ext::sh -c x'",
        "ledger contract check --against nowhere",
        "ledger contract propose billing.invoice v3.json --from billing --dry-run",
        "ledger contract matrix",
        "ledger note 1 --text x",
        "ledger transition 1 accepted",
        "ledger show 1",
        "ledger list",
        "ledger log",
        "ledger verify",
        "ledger verify --against main --format sarif",
        "ledger verify --against main --head HEAD",
        "ledger verify --against --upload-pack=x --head=--upload-pack=x",
        "ledger index",
        "ledger init --name again",
    ] {
        let output = sandbox.shell(&format!("{VARIABLES}; {line}"));
        assert!(!is_sprung(&sandbox), "$ {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let who = sandbox.shell(&format!("{VARIABLES}; ledger log 1 --format jsonl | tail -n 1"));
    assert!(
        String::from_utf8(who.stdout).unwrap().contains("\"by\":\"t@example.com\""),
        "git's own setting is still read"
    );
    let output = sandbox.shell(&format!("{MISSING}; {VARIABLES}; ledger contract check --against main"));
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        String::from_utf8(output.stderr).unwrap().contains("this clone does not have it"),
        "it is told, not fetched"
    );
    assert!(!is_sprung(&sandbox), "what is missing was fetched");
}

#[test]
fn within_a_hook_the_repository_is_still_the_ledgers() {
    let sandbox = trapped();
    sandbox.run("git init -q ../another");
    let output = sandbox.shell("GIT_DIR=$PWD/../another/.git GIT_WORK_TREE=/ GIT_INDEX_FILE=/nowhere GIT_PREFIX=x/ ledger contract check --against main");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("against main"));
}

#[test]
fn no_file_of_the_ledger_names_a_program() {
    let sandbox = trapped();
    for (file, from, to) in [
        ("coordination/ledger.json", "\"mode\"", "\"hook\": \"../trap\", \"mode\""),
        ("coordination/workflow.json", "\"initial\"", "\"run\": \"../trap\", \"initial\""),
    ] {
        let path = sandbox.root().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let output = sandbox.shell("ledger list");
        assert_eq!(output.status.code(), Some(9), "{file} takes a member that it does not know");
        std::fs::write(&path, text).unwrap();
    }
    assert!(!is_sprung(&sandbox));
}
