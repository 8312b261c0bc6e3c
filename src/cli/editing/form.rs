//! A new request as a form: its fields, a line each, named as the options of `ledger new`, and below `---` its description.

use super::super::args::New;
use super::super::exit::Exit;
use super::super::failure::{self, Detail, Failure};
use super::super::values;
use super::{before_the_cut, below_the_cut};
use crate::app::near::nearest;
use crate::domain::id::RequestType;
use crate::domain::workflow::TypeRule;

/// What parts the fields from the description.
const RULE: &str = "---";
/// How the name of a detail begins.
const DETAIL: &str = "details.";

/// A field: a line of the form.
struct Field {
    name: &'static str,
    /// Whether there is a line for it where nothing is given.
    is_offered: bool,
    place: Place,
}

/// Where the values of a field are kept.
#[derive(Clone, Copy)]
enum Place {
    One(fn(&mut New) -> &mut Option<String>),
    Many(fn(&mut New) -> &mut Vec<String>),
    Priority,
}

/// The fields in the order of their lines. What a type demands comes after the type.
const FIELDS: [Field; 13] = [
    offered("title", Place::One(|new| &mut new.title)),
    offered("from", Place::One(|new| &mut new.from)),
    offered("to", Place::Many(|new| &mut new.to)),
    offered(TYPE, Place::One(|new| &mut new.request_type)),
    offered("priority", Place::Priority),
    offered("label", Place::Many(|new| &mut new.label)),
    offered("success", Place::Many(|new| &mut new.success)),
    offered("due", Place::One(|new| &mut new.due)),
    taken("artifact", Place::Many(|new| &mut new.artifact)),
    taken(CONTRACT, Place::Many(|new| &mut new.contract)),
    taken("constraint", Place::Many(|new| &mut new.constraint)),
    taken("depends-on", Place::Many(|new| &mut new.depends_on)),
    taken("parent", Place::One(|new| &mut new.parent)),
];
/// The field after which what its type demands is asked for.
const TYPE: &str = "type";
/// The field that some types demand.
const CONTRACT: &str = "contract";

const fn offered(name: &'static str, place: Place) -> Field {
    Field { name, is_offered: true, place }
}

const fn taken(name: &'static str, place: Place) -> Field {
    Field { name, is_offered: false, place }
}

impl Place {
    /// What is given.
    fn values(self, new: &mut New) -> Vec<String> {
        match self {
            Self::One(place) => place(new).iter().cloned().collect(),
            Self::Many(place) => place(new).clone(),
            Self::Priority => new.priority.iter().map(ToString::to_string).collect(),
        }
    }

    /// Takes a value; what is wrong with it, if it can't be one, or if there is one already.
    fn put(self, new: &mut New, text: &str) -> Result<(), String> {
        let is_second = match self {
            Self::One(place) => place(new).replace(text.to_owned()).is_some(),
            Self::Many(place) => {
                place(new).push(text.to_owned());
                false
            }
            Self::Priority => new.priority.replace(values::priority(text)?).is_some(),
        };
        if is_second { Err("it is given twice".to_owned()) } else { Ok(()) }
    }
}

/// Whether the command line says something that a form would ask for, and nobody has set up.
#[must_use]
pub fn is_begun(new: &New) -> bool {
    let new = &mut new.clone();
    let fields = FIELDS.iter().filter(|field| !["from", "priority"].contains(&field.name));
    new.description.is_some()
        || !new.set.is_empty()
        || fields.into_iter().any(|field| !field.place.values(new).is_empty())
}

/// A type of request, and what it asks for beside what all do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kind {
    name: RequestType,
    /// The fields without which there is no request.
    needed: Vec<String>,
    /// Those that are asked for before it goes on.
    later: Vec<String>,
}

impl Kind {
    /// As the workflow and the type's schema tell. Names that could be more than names are left out: a ledger's files come
    /// with a clone, and editors take orders from lines of some forms.
    #[must_use]
    pub fn new(rule: &TypeRule, schema: Option<&str>) -> Self {
        let schema = schema.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok()).unwrap_or_default();
        let required = schema.get("required").and_then(serde_json::Value::as_array).into_iter().flatten();
        let detail = |name: &str| {
            let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
            is_plain.then(|| format!("{DETAIL}{name}"))
        };
        let contract = rule.names_contract.then(|| CONTRACT.to_owned());
        let needed: Vec<String> =
            required.filter_map(serde_json::Value::as_str).filter_map(detail).chain(contract).collect();
        let later = rule.details.iter().filter_map(|name| detail(name)).filter(|name| !needed.contains(name));
        Self { name: rule.name.clone(), later: later.collect(), needed }
    }

    fn fields(&self) -> impl Iterator<Item = &str> {
        self.needed.iter().chain(&self.later).map(String::as_str)
    }
}

/// A form to fill in, with what is given already.
#[must_use]
pub fn text(new: &New, description: &str, kinds: &[Kind]) -> String {
    let new = &mut new.clone();
    let asks: Vec<&str> = match &new.request_type {
        Some(name) => kinds.iter().filter(|kind| kind.name.as_str() == name).flat_map(Kind::fields).collect(),
        None => Vec::new(),
    };
    let mut lines: Vec<String> = Vec::new();
    for field in &FIELDS {
        let values = field.place.values(new);
        if values.is_empty() && (field.is_offered || asks.contains(&field.name)) {
            lines.push(format!("{}:", field.name));
        }
        lines.extend(values.iter().map(|value| format!("{}: {}", field.name, in_a_line(value))));
        if field.name == TYPE {
            lines.extend(new.set.iter().filter_map(|set| Some(detail_in_a_line(set.split_once('=')?))));
            let is_given = |name: &str| new.set.iter().any(|set| set.starts_with(&format!("{name}=")));
            let open = asks.iter().filter(|name| name.starts_with(DETAIL) && !is_given(name));
            lines.extend(open.map(|name| format!("{name}:")));
        }
    }
    let lines: String = lines.into_iter().map(|line| line + "\n").collect();
    format!("{lines}{RULE}\n{description}\n{}", below_the_cut(&about(kinds)))
}

/// What a filled-in form says.
///
/// # Errors
/// Everything that is wrong with its lines.
pub fn read(text: &str, given: &New) -> Result<(New, Option<String>), Failure> {
    let mut new = New { dry_run: given.dry_run, secrets: given.secrets, key: given.key.clone(), ..New::default() };
    let mut wrong: Vec<failure::Place> = Vec::new();
    let mut lines = before_the_cut(text).split_inclusive('\n').enumerate();
    let mut is_parted = false;
    for (at, line) in lines.by_ref() {
        let line = line.trim();
        if line == RULE {
            is_parted = true;
            break;
        }
        if let Err(message) = take(&mut new, line) {
            wrong.push(failure::Place { pointer: format!("line {}", at + 1), message });
        }
    }
    if !is_parted {
        let message = format!("the fields end with a line {RULE}; what comes after it is the description");
        wrong.push(failure::Place { pointer: "the last line".to_owned(), message });
    }
    if !wrong.is_empty() {
        let failure = Failure::new(Exit::Usage, "bad-form", "the form can't be read");
        return Err(failure
            .detail(Detail { errors: wrong, ..Detail::default() })
            .hint("each line above --- is NAME: TEXT"));
    }
    let description: String = lines.map(|(_, line)| line).collect();
    let description = description.trim_end().trim_start_matches(['\n', '\r']);
    Ok((new, (!description.is_empty()).then(|| description.to_owned())))
}

/// Takes a line; what is wrong with it, if it is none of the form.
fn take(new: &mut New, line: &str) -> Result<(), String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let (name, value) = line.split_once(':').ok_or("expected NAME: TEXT")?;
    let (name, value) = (name.trim(), value.trim());
    if value.is_empty() {
        return Ok(());
    }
    if name.starts_with(DETAIL) {
        new.set.push(format!("{name}={value}"));
        return Ok(());
    }
    let Some(field) = FIELDS.iter().find(|field| field.name == name) else {
        let meant = nearest(name, FIELDS.iter().map(|field| field.name));
        let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        return Err(format!("there is no field {name:?}{meant}"));
    };
    let value = serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned());
    field.place.put(new, &value).map_err(|rule| format!("{name}: {rule}"))
}

/// A value as it stands in one line: as a JSON string where it could not be read back otherwise.
fn in_a_line(value: &str) -> String {
    let is_plain = value == value.trim() && !value.contains(['\n', '\r']);
    if is_plain && serde_json::from_str::<String>(value).is_err() {
        return value.to_owned();
    }
    serde_json::Value::String(value.to_owned()).to_string()
}

/// The same for a detail, whose value is JSON where it can be read as such.
fn detail_in_a_line((name, value): (&str, &str)) -> String {
    let value = match serde_json::from_str::<serde_json::Value>(value) {
        Ok(value) => value.to_string(),
        Err(_) if value.contains(['\n', '\r']) => serde_json::Value::String(value.to_owned()).to_string(),
        Err(_) => value.to_owned(),
    };
    format!("{name}: {value}")
}

/// What is said below a form.
fn about(kinds: &[Kind]) -> Vec<String> {
    let names = |is_offered: bool| {
        let names = FIELDS.iter().filter(|field| field.is_offered == is_offered).map(|field| field.name);
        names.collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        "This line and all below it are left out. Without a change nothing is written.".to_owned(),
        String::new(),
        format!("Above {RULE}: an option of ledger new a line, as NAME: TEXT. Needed: title, from, to, type."),
        format!("There are also {}, {DETAIL}NAME.", names(false)),
        "to, label, success, artifact, contract, constraint, depends-on may stand in several lines.".to_owned(),
        format!("Below {RULE}: the description."),
        String::new(),
        "The types, and what they need; ledger schema types/TYPE explains it:".to_owned(),
    ];
    let widest = kinds.iter().map(|kind| kind.name.as_str().len()).max().unwrap_or(0);
    for kind in kinds {
        let later = kind.later.join(", ");
        let later = if later.is_empty() { later } else { format!("{later} before it is accepted") };
        let needs: Vec<String> = [kind.needed.join(", "), later].into_iter().filter(|text| !text.is_empty()).collect();
        lines.push(format!("  {:widest$}  {}", kind.name.as_str(), needs.join("; ")).trim_end().to_owned());
    }
    lines
}
