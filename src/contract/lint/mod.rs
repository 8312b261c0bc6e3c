//! What is wrong or doubtful in a single schema.
//!
//! Nothing is guessed here either: what is unsatisfiable or unreachable is asked of the checker, a default is put before a
//! validator, and a pattern is only called exponential together with a text that shows it. Where the checker does not
//! know, nothing is reported.

mod backtracking;
mod forbidden;
mod part;
mod patterns;
mod references;
mod rule;
mod sets;
mod values;
mod words;

use serde_json::Value;

use self::part::Parts;
pub use self::rule::Rule;
use super::containment::Limits;
use super::draft::Draft;
use super::resources::Resources;
use super::schema;

/// The most findings that are reported.
pub const FINDINGS_MAX: usize = 1_000;

/// A schema to look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The schema.
    pub schema: &'a Value,
    /// What it is read as if it has no `$schema`.
    pub draft: Draft,
    /// Whether `format` is asserted.
    pub formats: bool,
    /// What references may reach.
    pub resources: &'a Resources,
}

/// Something found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// Where.
    pub pointer: String,
    /// By which rule.
    pub rule: Rule,
    /// What, in words.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

/// What the checks share.
struct Linter<'a> {
    subject: &'a Subject<'a>,
    draft: Draft,
    is_over: &'a dyn Fn() -> bool,
    findings: Vec<Finding>,
    /// Why the schema was not looked at to the end, if so.
    cut: Option<&'static str>,
}

/// All findings, by pointer and rule, as far as the limits let them be found. Never panics, whatever the JSON.
#[must_use]
pub fn lint(subject: &Subject<'_>, limits: &Limits<'_>) -> Vec<Finding> {
    let declared = Draft::declared(subject.schema);
    let draft = declared.as_ref().ok().copied().flatten().unwrap_or(subject.draft);
    let mut linter = Linter { subject, draft, is_over: limits.is_over, findings: Vec::new(), cut: None };
    match &declared {
        Ok(Some(_)) => {}
        Ok(None) => linter.note(
            "",
            Rule::MissingSchema,
            format!("it does not say which draft it is written in; it is read as {draft}"),
            format!("\"$schema\": \"{}\"", draft.meta_schema()),
        ),
        Err(unknown) => {
            linter.note("/$schema", Rule::UnknownDraft, unknown.to_string(), String::new());
            return linter.findings;
        }
    }
    linter.form();
    let parts = Parts::of(subject.schema, draft);
    if parts.is_cut {
        linter.cut = Some("the schema is too large or nested too deep");
    }
    linter.words(&parts);
    linter.patterns(&parts);
    linter.references(&parts);
    linter.forbidden(&parts);
    // What can't be resolved, or is no schema, can't be asked about.
    let is_sound = |finding: &Finding| match finding.rule {
        Rule::RemoteReference | Rule::DanglingReference | Rule::InvalidPattern | Rule::InvalidSchema => false,
        Rule::NotJson
        | Rule::MissingSchema
        | Rule::UnknownDraft
        | Rule::Unsatisfiable
        | Rule::UnreachableBranch
        | Rule::ForbiddenProperty
        | Rule::ExcludedEnumValue
        | Rule::InvalidDefault
        | Rule::InvalidExample
        | Rule::UnknownKeyword
        | Rule::KeywordOfAnotherDraft
        | Rule::IgnoredBesideReference
        | Rule::UnknownFormat
        | Rule::ExponentialPattern
        | Rule::CutShort => true,
    };
    if linter.findings.iter().all(is_sound) {
        linter.asked(&parts);
    }
    linter.finish()
}

/// The finding for a file that holds no JSON that could be looked at.
#[must_use]
pub fn not_json(fault: &schema::SchemaFault) -> Finding {
    let (pointer, message) = (fault.pointer.clone(), fault.what.clone());
    Finding { pointer, rule: Rule::NotJson, message, hint: String::new() }
}

impl Linter<'_> {
    /// What keeps it from being a schema of its draft.
    fn form(&mut self) {
        for fault in schema::form_faults(self.subject.schema, self.draft) {
            self.note(&fault.pointer, Rule::InvalidSchema, fault.what, String::new());
        }
    }

    fn note(&mut self, pointer: &str, rule: Rule, message: String, hint: String) {
        if self.findings.len() == FINDINGS_MAX {
            self.cut = Some("there are too many findings");
            return;
        }
        self.findings.push(Finding { pointer: pointer.to_owned(), rule, message, hint });
    }

    /// Whether the time is up; notes it if so.
    fn is_over(&mut self) -> bool {
        let is_over = (self.is_over)();
        if is_over {
            self.cut = Some("the time was up");
        }
        is_over
    }

    fn finish(mut self) -> Vec<Finding> {
        self.findings.sort();
        self.findings.dedup();
        if let Some(reason) = self.cut {
            self.findings.push(Finding {
                pointer: String::new(),
                rule: Rule::CutShort,
                message: format!("not looked at to the end: {reason}"),
                hint: String::new(),
            });
        }
        self.findings
    }
}

#[cfg(test)]
mod tests;
