//! JSON Schemas at the door: compiled when they are first needed, and kept for the next request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::error::DraftFault;
use super::near::nearest;
use super::{AppError, World, evident};
use crate::domain::id::RequestType;
use crate::domain::json;

/// The most faults of a draft that are told at once.
pub const FAULTS_MAX: usize = 50;
/// How much of a value is repeated when it is refused.
const VALUE_CHARS_MAX: usize = 80;
/// The longest explanation of one fault.
const EXPLANATION_CHARS_MAX: usize = 400;

/// Compiled schemas.
#[derive(Default)]
pub struct Checks {
    of_types: Mutex<HashMap<RequestType, Option<Arc<TypeSchema>>>>,
}

/// The schema of a type's details, compiled once it takes the validator to know.
struct TypeSchema {
    file: String,
    schema: Value,
    compiled: OnceLock<Compiled>,
}

/// A schema with its validator.
struct Compiled {
    schema: Value,
    validator: Validator,
}

impl Checks {
    /// Everything that is wrong with a draft.
    ///
    /// # Errors
    /// [`AppError::BadFile`] if the schema is none.
    pub fn draft_faults(&self, schema: &str, draft: &Value) -> Result<Vec<DraftFault>, AppError> {
        let file = "schemas/ledger/request.schema.json";
        Ok(compile(file, read(file, schema)?)?.faults(draft, ""))
    }

    /// Everything that is wrong with the details of a request of this type.
    ///
    /// # Errors
    /// [`AppError::BadFile`] if the type's schema is none.
    pub fn details_faults(
        &self,
        world: &dyn World,
        request_type: &RequestType,
        details: &Value,
    ) -> Result<Vec<DraftFault>, AppError> {
        let mut of_types = self.of_types.lock().unwrap_or_else(PoisonError::into_inner);
        if !of_types.contains_key(request_type) {
            let file = format!("schemas/ledger/types/{request_type}.schema.json");
            let schema = world.type_schema(request_type)?.map(|text| read(&file, &text)).transpose()?;
            let schema = schema.map(|schema| Arc::new(TypeSchema { file, schema, compiled: OnceLock::new() }));
            of_types.insert(request_type.clone(), schema);
        }
        let schema = of_types.get(request_type).cloned().flatten();
        drop(of_types);
        schema.map_or(Ok(Vec::new()), |schema| schema.faults(details))
    }
}

impl TypeSchema {
    fn faults(&self, details: &Value) -> Result<Vec<DraftFault>, AppError> {
        if evident::satisfies(details, &self.schema) {
            return Ok(Vec::new());
        }
        let compiled = match self.compiled.get() {
            Some(compiled) => compiled,
            None => {
                let compiled = compile(&self.file, self.schema.clone())?;
                self.compiled.get_or_init(|| compiled)
            }
        };
        Ok(compiled.faults(details, "/details"))
    }
}

impl Compiled {
    fn faults(&self, value: &Value, at: &str) -> Vec<DraftFault> {
        let mut faults: Vec<DraftFault> =
            self.validator.iter_errors(value).flat_map(|error| self.faults_of(&error, at)).take(FAULTS_MAX).collect();
        // Several rules of one place that are explained in the same words.
        faults.dedup();
        faults
    }

    /// One fault, or one for each member that is missing or unknown: the pointer leads to where it is mended.
    fn faults_of(&self, error: &ValidationError<'_>, at: &str) -> Vec<DraftFault> {
        use ValidationErrorKind as Kind;
        let place = format!("{at}{}", error.instance_path());
        let member = |name: &str| format!("{place}/{}", json::pointer_token(name));
        let fault =
            |pointer: String, what: String| DraftFault { pointer, what: shortened(what, EXPLANATION_CHARS_MAX) };
        let kind = error.kind();
        if let Kind::Required { property } = kind {
            return vec![fault(member(property.as_str().unwrap_or_default()), self.explain(error))];
        }
        if let Kind::AdditionalProperties { unexpected } = kind {
            let unknown = |name: &String| fault(member(name), "there is no such member".to_owned());
            return unexpected.iter().map(unknown).collect();
        }
        vec![fault(place.clone(), self.explain(error))]
    }

    /// What is wrong, in words for people: where a rule is one for programs, the schema's description of it is told.
    fn explain(&self, error: &ValidationError<'_>) -> String {
        use ValidationErrorKind as Kind;
        let path = error.schema_path().to_string();
        let owner = path.rsplit_once('/').map_or("", |(owner, _)| owner);
        let kind = error.kind();
        if let Kind::Pattern { .. } | Kind::MinLength { .. } | Kind::MaxLength { .. } = kind {
            let value = shortened(error.instance().to_string(), VALUE_CHARS_MAX);
            return match self.description(owner) {
                Some(description) => format!("{value} is not valid: {description}"),
                None => error.to_string(),
            };
        }
        if let Kind::Required { property } = kind {
            let name = property.as_str().unwrap_or_default();
            let own = self.schema.pointer(&format!("{owner}/properties/{name}")).and_then(description_of);
            let mistyped = self.mistyped(error, owner, name);
            let mistyped = mistyped.map(|typed| format!("; is {typed:?} meant for it?")).unwrap_or_default();
            let own = own.map(|own| format!(": {own}")).unwrap_or_default();
            return format!("{name:?} is missing{own}{mistyped}");
        }
        if let Kind::Enum { options } = kind {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(Value::to_string).collect();
            return format!("{} is not one of {}", error.instance(), options.join(", "));
        }
        // A value that may also be null: what matters is what else it should be.
        let alternatives = if let Kind::AnyOf { context } = kind { context.as_slice() } else { &[] };
        let meant = alternatives.iter().flatten().find(|error| !error.to_string().ends_with("is not of type \"null\""));
        meant.map_or_else(|| error.to_string(), |meant| self.explain(meant))
    }

    /// The member that is there under a name which the schema does not have, and that is all but that of a missing one.
    fn mistyped<'v>(&self, error: &'v ValidationError<'_>, owner: &str, missing: &str) -> Option<&'v str> {
        let known = self.schema.pointer(&format!("{owner}/properties")).and_then(Value::as_object);
        let is_known = |name: &&str| known.is_some_and(|known| known.contains_key(*name));
        let there = error.instance().as_object()?.keys().map(String::as_str);
        nearest(missing, there.filter(|name| !is_known(name)))
    }

    /// The description of a place in the schema, or of the nearest place around it that has one.
    fn description(&self, place: &str) -> Option<String> {
        let around = std::iter::successors(Some(place), |place| place.rsplit_once('/').map(|(around, _)| around));
        around
            .take_while(|place| !place.is_empty())
            .find_map(|place| self.schema.pointer(place).and_then(description_of))
    }
}

fn description_of(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text.strip_suffix('.').unwrap_or(text).to_owned())
}

/// The beginning of a text that is longer than `max` characters.
fn shortened(text: String, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn read(file: &str, text: &str) -> Result<Value, AppError> {
    json::read(text).map_err(|e| AppError::BadFile { file: file.to_owned(), what: e.to_string() })
}

fn compile(file: &str, schema: Value) -> Result<Compiled, AppError> {
    let bad = |e: ValidationError<'_>| AppError::BadFile { file: file.to_owned(), what: e.to_string() };
    let validator = jsonschema::draft202012::new(&schema).map_err(bad)?;
    Ok(Compiled { schema, validator })
}
