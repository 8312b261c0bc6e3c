//! Where the ledger, its repository and the program may be.

use crate::common::Sandbox;
use crate::{Way, both, ends, events, is_whole, part, repository, set_up};

#[test]
fn it_is_set_up_once_and_taken_away_again() {
    let sandbox = repository(Way::Union);
    sandbox.run("printf '*.png binary' > .git/info/attributes");
    transcript_of(&sandbox);
    assert_eq!(sandbox.run("cat .git/info/attributes"), "*.png binary\n");
    assert_eq!(sandbox.run("git config --local --list | grep -c merge || true"), "0\n");
    let told = ends(&sandbox, "mkdir ../out && cd ../out && ledger init -q && ledger setup-git", 1);
    assert!(told.contains("is in no git repository"), "{told}");
}

fn transcript_of(sandbox: &Sandbox) {
    let set_up = |options: &str| {
        let view = sandbox.json(&format!("ledger setup-git --json {options}"));
        (view["data"]["changed"].as_bool().unwrap(), view["data"]["driver"].as_str().map(str::to_owned))
    };
    let (changed, driver) = set_up("--dry-run");
    assert!(changed && driver.as_ref().is_some_and(|driver| driver.ends_with("/ledger' merge-driver %O %A %B %P")));
    assert_eq!(sandbox.run("cat .git/info/attributes"), "*.png binary");
    assert!(ends(sandbox, "ledger doctor", 0).contains("note no-merge-driver"));
    assert_eq!(set_up(""), (true, driver.clone()));
    assert_eq!(set_up(""), (false, driver));
    assert!(!ends(sandbox, "ledger doctor", 0).contains("merge-driver"));
    let attributes = sandbox.run("cat .git/info/attributes");
    assert!(attributes.starts_with("*.png binary\n# ledger setup-git: begin /\n"), "{attributes}");
    assert_eq!(set_up("--remove"), (true, None));
    assert_eq!(set_up("--remove"), (false, None));
}

#[test]
fn a_ledger_may_be_in_a_subfolder_with_a_blank_in_its_name() {
    let sandbox = Sandbox::empty();
    sandbox.run("mkdir -p 'sub [1] dir' && cd 'sub [1] dir' && ledger init -q --name acme && mkdir ../second && ledger init -q --root ../second");
    sandbox.run("cd 'sub [1] dir' && ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1 -q");
    sandbox.run("git config --global user.name A && git config --global user.email a@b.c && git init -q -b main . && ledger setup-git --root second && ledger setup-git --root 'sub [1] dir' && git add -A && git commit -qm base");
    let log = sandbox.run("ls -d \"$PWD\"/sub*/coordination/events/*");
    let attribute = sandbox.run(&format!("git check-attr merge -- '{}'", log.trim()));
    assert!(attribute.trim().ends_with("merge: ledger"), "{attribute}");
    sandbox.run("git checkout -q -b other && cd sub* && ledger note key:k1 --text theirs -q && git commit -qam theirs");
    sandbox.run("git checkout -q main && cd sub* && ledger note key:k1 --text ours -q && git commit -qam ours && git merge -q other");
    assert_eq!(sandbox.run("cd sub* && ledger log key:k1 | wc -l").trim(), "3");
    // The other ledger still goes by the driver.
    sandbox.run("ledger setup-git --remove --root sub*");
    assert!(sandbox.run("cat .git/info/attributes; git config merge.ledger.driver").contains("merge-driver"));
    // And without it, conflicts are found by their paths below the ledger.
    sandbox.run("git config --remove-section merge.ledger; : > .git/info/attributes; sed -i 's/ merge=[a-z]*//' sub*/.gitattributes; git commit -qam plain; git checkout -q -b third");
    sandbox.run("cd sub* && ledger note key:k1 --text third -q && git commit -qam third && git checkout -q main && ledger note key:k1 --text fourth -q && git commit -qam fourth");
    ends(&sandbox, "git merge -q third", 1);
    ends(&sandbox, "cd sub* && ledger note key:k1 --text x", 6);
    ends(&sandbox, "cd sub* && ledger repair-merge && git commit -qm both && ledger index -q && ledger verify", 0);
    assert_eq!(sandbox.run("cd sub* && ledger log key:k1 | wc -l").trim(), "5");
}

#[test]
fn the_program_may_be_in_a_folder_with_a_blank_and_may_be_gone() {
    let sandbox = repository(Way::Union);
    sandbox.run("mkdir \"../it's 100% here\" && ln \"$(command -v ledger)\" \"../it's 100% here/ledger\" && \"../it's 100% here/ledger\" setup-git");
    part(&sandbox);
    let wanted = both(&sandbox);
    sandbox.run("git merge -q -m both other");
    assert_eq!(events(&sandbox), wanted);
    assert!(crate::is_canonical(&sandbox));
    sandbox.run("git reset -q --hard main~1 && rm ../it*/ledger && ledger index -q");
    let told = ends(&sandbox, "ledger doctor", 0);
    assert!(told.contains("warning merge-driver-gone"), "{told}");
    part_again(&sandbox);
    // Git leaves ours in place and the file unmerged: there are no markers.
    ends(&sandbox, "git merge -q other", 1);
    ends(&sandbox, "ledger repair-merge && git commit -qm both", 0);
    assert_eq!(sandbox.run("ledger log key:k1 | wc -l").trim(), "3");
    is_whole(&sandbox);
}

fn part_again(sandbox: &Sandbox) {
    sandbox.run(
        "git reset -q --hard $(git merge-base main other) && ledger index -q && ledger note key:k1 --text anew -q && git commit -qam anew",
    );
}

#[test]
fn work_trees_and_submodules_have_their_git_elsewhere() {
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    let wanted = both(&sandbox);
    let whole = |at: &str| {
        ends(&sandbox, &format!("cd {at} && git merge -q -m both other"), 1);
        ends(&sandbox, &format!("cd {at} && ledger note key:k1 --text x"), 6);
        ends(
            &sandbox,
            &format!(
                "cd {at} && ledger repair-merge && git commit -qm both && ledger note key:k1 --text x && ledger verify"
            ),
            0,
        );
        assert_eq!(
            sandbox.run(&format!("cd {at} && ledger log key:k1 | wc -l")).trim(),
            (wanted.len() + 1).to_string()
        );
        sandbox.run(&format!("cd {at} && git checkout -q -f HEAD && git reset -q --hard HEAD~1 && ledger setup-git && git merge -q -m both other"));
        assert_eq!(sandbox.run(&format!("cd {at} && ledger log key:k1 | wc -l")).trim(), wanted.len().to_string());
    };
    sandbox.run("git worktree add -q ../tree -b tree main");
    whole("../tree");
    // Set up for the repository, it holds in all of its work trees.
    sandbox.run("git merge -q -m both other && ledger setup-git --remove");
    sandbox.run("git reset -q --hard HEAD~1 && git init -q ../super && cd ../super && git submodule --quiet add ../work sub && cd sub && git checkout -q -b other origin/other && git checkout -q main");
    whole("../super/sub");
}

#[test]
fn hashes_of_git_may_be_longer() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("git init -q -b main --object-format=sha256 .");
    set_up(&sandbox, Way::Plain);
    part(&sandbox);
    let wanted = both(&sandbox);
    ends(&sandbox, "git merge -q other", 1);
    ends(&sandbox, "ledger repair-merge && git commit -qm both", 0);
    assert_eq!(events(&sandbox), wanted);
    is_whole(&sandbox);
}

// A filter is the user's own, and git runs it itself when it writes its index: it must not get at what is kept.
#[test]
fn what_a_repository_carries_is_not_run() {
    let sandbox = repository(Way::Plain);
    sandbox.run(
        "printf '#!/bin/sh\\ntouch \"$TMPDIR/ran\"\\ncat\\n' > ../evil && chmod +x ../evil && printf '#!/bin/sh\\ntr a-z A-Z\\n' > ../filter && chmod +x ../filter && mkdir ../hooks && cp ../evil ../hooks/post-index-change &&
         git config core.hooksPath \"$PWD/../hooks\" && git config filter.evil.clean \"$PWD/../filter\" && git config filter.evil.smudge \"$PWD/../filter\" && git config core.fsmonitor \"$PWD/../evil\"",
    );
    part(&sandbox);
    sandbox.shell("git merge -q other");
    sandbox.run("echo '* filter=evil' > .git/info/attributes && git config core.autocrlf true");
    sandbox.run("mkdir ../ran && TMPDIR=$PWD/../ran ledger repair-merge && TMPDIR=$PWD/../ran ledger setup-git && test ! -e ../ran/ran");
    sandbox.run("git -c core.fsmonitor=false -c core.hooksPath=/dev/null show :coordination/events/REQ-$TODAY-0001.jsonl | cmp - coordination/events/REQ-$TODAY-0001.jsonl");
}
