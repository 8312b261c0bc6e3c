//! Exact numbers. What a schema writes as 0.1 is meant as one tenth, not as the nearest binary fraction.

use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Pow, Signed, ToPrimitive, Zero};
use serde_json::Value;

/// An exact rational number.
pub(in crate::contract) type Number = BigRational;

/// The largest decimal exponent that is written out; beyond double precision there is nothing to compare with.
const EXPONENT_MAX: i64 = 400;

/// The number that a JSON number stands for, by its shortest decimal text.
pub(in crate::contract) fn exact(number: &serde_json::Number) -> Option<Number> {
    if let Some(small) = number.as_i64() {
        return Some(Number::from_integer(small.into()));
    }
    parse(&number.to_string())
}

fn parse(text: &str) -> Option<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, i64::from_str(exponent.trim_start_matches('+')).ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = BigInt::from_str(&format!("{whole}{fraction}")).ok()?;
    let exponent = exponent - i64::try_from(fraction.len()).ok()?;
    if exponent.abs() > EXPONENT_MAX {
        return None;
    }
    let power = BigInt::from(10).pow(u32::try_from(exponent.unsigned_abs()).ok()?);
    Some(if exponent < 0 { Number::new(digits, power) } else { Number::from_integer(digits * power) })
}

/// A JSON number of exactly this value, if there is one; written as an integer where it is one and `fraction` is not
/// asked for.
pub(in crate::contract) fn to_json(number: &Number, fraction: bool) -> Option<Value> {
    if number.is_integer() && !fraction {
        let whole = number.to_integer();
        if let Some(small) = whole.to_i64() {
            return Some(small.into());
        }
        if let Some(small) = whole.to_u64() {
            return Some(small.into());
        }
    }
    let float = number.to_f64()?;
    let json = serde_json::Number::from_f64(float)?;
    (parse(&json.to_string())? == *number).then_some(Value::Number(json))
}

/// The largest multiple of `step` that is not above `number`, as a count of steps.
pub(in crate::contract) fn steps_below(number: &Number, step: &Number) -> BigInt {
    (number / step).floor().to_integer()
}

/// The smallest number that is a multiple of both.
pub(in crate::contract) fn common_multiple(one: &Number, other: &Number) -> Number {
    let (one, other) = (one.abs(), other.abs());
    let numerator = num_integer::lcm(one.numer().clone(), other.numer().clone());
    let denominator = num_integer::gcd(one.denom().clone(), other.denom().clone());
    Number::new(numerator, denominator)
}

/// Whether `number` is a multiple of `of`.
pub(in crate::contract) fn is_multiple(number: &Number, of: &Number) -> bool {
    !of.is_zero() && (number / of).is_integer()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Number {
        match value {
            Value::Number(number) => exact(number).unwrap(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn decimal_texts_are_meant_as_they_are_written() {
        assert_eq!(read(&json!(0.1)) * read(&json!(10)), read(&json!(1)));
        assert_eq!(read(&json!(1e3)), read(&json!(1000)));
        assert_eq!(read(&json!(-2.5e-3)), Number::new((-25).into(), 10_000.into()));
        for value in [json!(0.1), json!(7), json!(-3.25), json!(1e300), json!(u64::MAX)] {
            assert_eq!(read(&to_json(&read(&value), false).unwrap()), read(&value));
        }
        assert_eq!(to_json(&Number::new(1.into(), 3.into()), false), None);
        assert_eq!(to_json(&read(&json!(2)), true), Some(json!(2.0)));
    }

    #[test]
    fn multiples_are_exact() {
        assert!(is_multiple(&read(&json!(0.3)), &read(&json!(0.1))));
        assert!(!is_multiple(&read(&json!(0.35)), &read(&json!(0.1))));
        assert_eq!(common_multiple(&read(&json!(0.4)), &read(&json!(0.6))), read(&json!(1.2)));
        assert_eq!(common_multiple(&read(&json!(-4)), &read(&json!(6))), read(&json!(12)));
    }
}
