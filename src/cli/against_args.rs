//! With which commit something is compared, as clap reads it; and which commit a CI job means where none is named.

use clap::Args;

use super::Context;
use super::environment::Ci;
use super::exit::Exit;
use super::failure::Failure;
use crate::registry::git::{self, Point};

/// Stands for `--against` without a value.
pub const BY_ITSELF: &str = "";
/// Where the remote's main branch is, if the clone knows.
const REMOTE_HEAD: &str = "origin/HEAD";

impl Against {
    /// Which commit is meant by the reference.
    #[must_use]
    pub fn point(&self) -> Point {
        if self.exact { Point::Exact } else { Point::Parting }
    }
}

/// With which commit a ledger is compared.
#[derive(Args, Debug, Clone)]
pub struct Against {
    /// Check also that nothing was edited or removed since HEAD and this commit parted [default: what CI compares with]
    #[arg(
        long,
        value_name = "GITREF",
        num_args = 0..=1,
        default_missing_value = BY_ITSELF,
        conflicts_with_all = ["request", "checkpoint", "proof"]
    )]
    pub against: Option<String>,
    /// Compare with that very commit, also with what it got since
    #[arg(long, requires = "against")]
    pub exact: bool,
    /// Compare this commit, not the files that are here; GITREF:FOLDER/ in a repository without a work tree
    #[arg(long, value_name = "GITREF", requires = "against")]
    pub head: Option<String>,
}

/// A commit to compare with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// As git is to find it.
    pub reference: String,
    /// Which commit is meant by it.
    pub point: Point,
}

/// The commit that was typed; where none was, the one that the CI job is about, or the remote's main branch.
pub(super) fn target(
    typed: &str,
    point: Point,
    context: &Context<'_>,
    folder: &std::path::Path,
) -> Result<Target, Failure> {
    if typed != BY_ITSELF {
        return Ok(Target { reference: typed.to_owned(), point });
    }
    if let Some(found) = of_job(&(context.env.ci)(), &|wanted| is_here(folder, wanted)) {
        return Ok(Target { point: if point == Point::Exact { point } else { found.point }, ..found });
    }
    if git::is_commit(folder, REMOTE_HEAD) {
        return Ok(Target { reference: REMOTE_HEAD.to_owned(), point });
    }
    let what = "nothing says with which commit to compare: no CI job names one, and origin/HEAD is not set";
    Err(Failure::new(Exit::Usage, "no-target", what)
        .hint("name the target branch: --against origin/main; or once: git remote set-head origin --auto"))
}

/// What is asked of the clone in which a job runs.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    /// Whether it has a commit.
    Commit(&'a str),
    /// Whether it has a commit, and that holds a ledger here.
    Ledger(&'a str),
}

fn is_here(folder: &std::path::Path, wanted: Wanted<'_>) -> bool {
    match wanted {
        Wanted::Commit(commit) => git::is_commit(folder, commit),
        Wanted::Ledger(commit) => git::holds_ledger(folder, commit),
    }
}

/// What a CI job compares with: a merge request with where it parted from its target, a push with what was there before it.
/// A branch that is new, or whose commits were written anew and pushed with force, is held against the branch that all
/// others go into, if that has the ledger; so is what no event tells more of, such as a job that runs every night.
fn of_job(ci: &Ci, is_here: &dyn Fn(Wanted<'_>) -> bool) -> Option<Target> {
    let branch = |name: &Option<String>| {
        let name = name.as_deref().filter(|name| !name.is_empty())?;
        Some(Target { reference: format!("origin/{name}"), point: Point::Parting })
    };
    let commit = |hash: &Option<String>, point| {
        // Zeros stand for a branch that was not there.
        let hash = hash.as_deref().filter(|hash| hash.bytes().any(|digit| digit != b'0'))?;
        hash.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| Target { reference: hash.to_owned(), point })
    };
    let request = branch(&ci.github_base)
        .or_else(|| commit(&ci.gitlab_base, Point::Parting))
        .or_else(|| branch(&ci.gitlab_target))
        .or_else(|| commit(&ci.group_base, Point::Exact));
    if request.is_some() {
        return request;
    }
    let (before, main) = (commit(&ci.before, Point::Exact), branch(&ci.default_branch));
    match (before, main) {
        // Of the main branch nobody is to lose what was there before, be it pushed over with force.
        (Some(before), Some(main)) if ci.branch.is_some() && ci.branch != ci.default_branch => {
            let is_rewritten = !is_here(Wanted::Commit(&before.reference)) && is_here(Wanted::Ledger(&main.reference));
            Some(if is_rewritten { main } else { before })
        }
        (Some(before), _) => Some(before),
        (None, main) => main.filter(|main| is_here(Wanted::Commit(&main.reference))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(ci: Ci) -> Option<(String, Point)> {
        job_in(ci, &["12ab", "origin/main"])
    }

    fn job_in(ci: Ci, here: &[&str]) -> Option<(String, Point)> {
        let is_here = |wanted: Wanted<'_>| match wanted {
            Wanted::Commit(name) | Wanted::Ledger(name) => here.contains(&name),
        };
        of_job(&ci, &is_here).map(|target| (target.reference, target.point))
    }

    #[test]
    fn a_job_says_with_what_to_compare() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(job(Ci::default()), None);
        assert_eq!(
            job(Ci { github_base: text("main"), before: text("12ab"), ..Ci::default() }),
            Some(("origin/main".into(), Point::Parting))
        );
        assert_eq!(
            job(Ci { github_base: text(""), before: text("12ab"), ..Ci::default() }),
            Some(("12ab".into(), Point::Exact))
        );
        assert_eq!(
            job(Ci { gitlab_base: text("0012ab"), gitlab_target: text("main"), ..Ci::default() }),
            Some(("0012ab".into(), Point::Parting))
        );
        assert_eq!(
            job(Ci { gitlab_target: text("release/1"), ..Ci::default() }),
            Some(("origin/release/1".into(), Point::Parting))
        );
        assert_eq!(job(Ci { before: text(&"0".repeat(40)), ..Ci::default() }), None);
        assert_eq!(job(Ci { before: text("--output=x"), ..Ci::default() }), None);
    }

    #[test]
    fn what_was_there_before_is_the_main_branch_where_nobody_says_more() {
        let text = |text: &str| Some(text.to_owned());
        let (main, before) = (Some(("origin/main".into(), Point::Parting)), Some(("12ab".into(), Point::Exact)));
        let nightly = || Ci { default_branch: text("main"), ..Ci::default() };
        assert_eq!(job(nightly()), main);
        assert_eq!(job_in(nightly(), &[]), None);
        assert_eq!(job(Ci { before: text(&"0".repeat(40)), branch: text("new"), ..nightly() }), main);
        let group = Ci { group_base: text("12ab"), ..nightly() };
        assert_eq!(job(group), before);
        let pushed = |branch: &str| Ci { before: text("12ab"), branch: text(branch), ..nightly() };
        assert_eq!(job(pushed("main")), before);
        assert_eq!(job(pushed("fix")), before);
        // Commits that were written anew: the one before is not here.
        assert_eq!(job_in(pushed("main"), &["origin/main"]), before);
        assert_eq!(job_in(pushed("fix"), &["origin/main"]), main);
        // The ledger's own branch, of which the main one knows nothing.
        assert_eq!(job_in(pushed("ledger"), &[]), before);
    }
}
