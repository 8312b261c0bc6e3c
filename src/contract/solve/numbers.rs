//! Numbers: bounds, multiples, lists.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::{Assumed, Outcome, Solver};
use crate::contract::formula::number::{self, Number};
use crate::contract::formula::types::Types;
use crate::contract::formula::{Id, Literal, Node, number_holds};

/// How many candidates are tried.
const CANDIDATES_MAX: usize = 20_000;
/// How many that fit are passed over for one that validators agree on.
const OTHERS_MAX: usize = 64;
/// How many of them between two looks at the time.
const CANDIDATES_PER_LOOK: usize = 512;
/// The most decimal places of a candidate.
const PLACES_MAX: u32 = 18;

/// A bound, and whether it is itself out.
type Bound = Option<(Number, bool)>;

/// Numbers between two bounds.
struct Interval {
    lower: Bound,
    upper: Bound,
}

impl Interval {
    fn raise(&mut self, value: &Number, exclusive: bool) {
        let tighter = |(old, out): &(Number, bool)| value > old || (value == old && exclusive && !out);
        if self.lower.as_ref().is_none_or(tighter) {
            self.lower = Some((value.clone(), exclusive));
        }
    }

    fn drop(&mut self, value: &Number, exclusive: bool) {
        let tighter = |(old, out): &(Number, bool)| value < old || (value == old && exclusive && !out);
        if self.upper.as_ref().is_none_or(tighter) {
            self.upper = Some((value.clone(), exclusive));
        }
    }

    fn is_empty(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some((low, low_out)), Some((high, high_out))) => low > high || (low == high && (*low_out || *high_out)),
            _ => false,
        }
    }

    /// The first and the last multiple of `step` inside, as counts of steps.
    fn steps(&self, step: &Number) -> (Option<BigInt>, Option<BigInt>) {
        let low = self.lower.as_ref().map(|(low, out)| {
            let count = (low / step).ceil().to_integer();
            if *out && Number::from_integer(count.clone()) * step == *low { count + 1 } else { count }
        });
        let high = self.upper.as_ref().map(|(high, out)| {
            let count = number::steps_below(high, step);
            if *out && Number::from_integer(count.clone()) * step == *high { count - 1 } else { count }
        });
        (low, high)
    }
}

impl Solver<'_, '_> {
    pub(super) fn number(&mut self, only: Types, literals: &[Id]) -> Outcome {
        let mut interval = Interval { lower: None, upper: None };
        let mut step: Option<Number> = None;
        let mut listed = None;
        for id in literals {
            match self.arena.node(*id) {
                Node::When(Literal::Lower { value, exclusive }) => interval.raise(value, *exclusive),
                Node::When(Literal::Upper { value, exclusive }) => interval.drop(value, *exclusive),
                Node::When(Literal::Multiple { of, holds: true }) => {
                    step = Some(step.map_or_else(|| of.clone(), |step| number::common_multiple(&step, of)));
                }
                Node::When(Literal::OneOf { numbers, holds: true }) => listed = Some(Rc::clone(numbers)),
                _ => {}
            }
        }
        let nothing = Outcome::None(Assumed::NOTHING);
        if interval.is_empty() {
            return nothing;
        }
        if only != Types::FRACTION {
            let one = Number::one();
            step = Some(step.map_or_else(|| one.clone(), |step| number::common_multiple(&step, &one)));
        }
        if let Some(listed) = listed {
            let fitting = listed.iter().find(|number| self.number_fits(number, only, literals));
            return fitting.map_or(nothing, |number| self.as_document(number, only));
        }
        match step {
            Some(step) => self.on_grid(&interval, &step, only, literals),
            None => self.anywhere(&interval, only, literals),
        }
    }

    fn number_fits(&self, number: &Number, only: Types, literals: &[Id]) -> bool {
        let of_type = number.is_integer() == (only != Types::FRACTION);
        of_type
            && literals.iter().all(|id| match self.arena.node(*id) {
                Node::When(literal) => number_holds(literal, number),
                _ => true,
            })
    }

    /// Whether dividing in binary fractions, as validators do, tells the same multiples.
    fn floats_agree(&self, number: &Number, literals: &[Id]) -> bool {
        let Some(number) = number.to_f64() else { return true };
        literals.iter().all(|id| match self.arena.node(*id) {
            Node::When(Literal::Multiple { of, holds }) => {
                of.to_f64().is_none_or(|of| ((number / of).fract() == 0.0 && number % of == 0.0) == *holds)
            }
            _ => true,
        })
    }

    fn as_document(&self, number: &Number, only: Types) -> Outcome {
        match number::to_json(number, only != Types::INTEGER) {
            Some(value) => Outcome::Found(Rc::new(value)),
            None => Outcome::Unclear("a number has no exact text in double precision".into()),
        }
    }

    /// Only multiples of `step` will do.
    fn on_grid(&mut self, interval: &Interval, step: &Number, only: Types, literals: &[Id]) -> Outcome {
        let nothing = Outcome::None(Assumed::NOTHING);
        // A multiple of the step that is not a multiple of m needs m not to divide the step.
        let excluded = |id: &Id| match self.arena.node(*id) {
            Node::When(Literal::Multiple { of, holds: false }) => number::is_multiple(step, of),
            _ => false,
        };
        if literals.iter().any(excluded) {
            return nothing;
        }
        if only == Types::FRACTION && step.is_integer() {
            return nothing;
        }
        let (low, high) = interval.steps(step);
        if let (Some(low), Some(high)) = (&low, &high)
            && low > high
        {
            return nothing;
        }
        let zero = BigInt::zero();
        let start = match (&low, &high) {
            (Some(low), _) if *low > zero => low.clone(),
            (_, Some(high)) if *high < zero => high.clone(),
            _ => zero,
        };
        let inside = |count: &BigInt| {
            low.as_ref().is_none_or(|low| count >= low) && high.as_ref().is_none_or(|high| count <= high)
        };
        // What is listed as out may be all that there is.
        let listed_out = literals.iter().filter_map(|id| match self.arena.node(*id) {
            Node::When(Literal::OneOf { numbers, holds: false }) => Some(numbers.len()),
            _ => None,
        });
        let candidates = CANDIDATES_MAX.saturating_add(listed_out.fold(0, usize::saturating_add));
        // One that validators with binary fractions take for a multiple too is worth a look around.
        let (mut first, mut others) = (None, 0);
        for distance in 0..candidates {
            if distance.is_multiple_of(CANDIDATES_PER_LOOK)
                && let Some(spent) = self.look()
            {
                return spent;
            }
            let distance = BigInt::from(distance);
            let around = [&start + &distance, &start - &distance];
            let around: Vec<&BigInt> = around.iter().filter(|count| inside(count)).collect();
            if around.is_empty() {
                return first.map_or(nothing, |first| self.as_document(&first, only));
            }
            for count in around {
                let candidate = Number::from_integer(count.clone()) * step;
                if !self.number_fits(&candidate, only, literals) {
                    continue;
                }
                if self.floats_agree(&candidate, literals) {
                    return self.as_document(&candidate, only);
                }
                others += 1;
                first.get_or_insert(candidate);
            }
            if others > OTHERS_MAX {
                break;
            }
        }
        if let Some(first) = first {
            return self.as_document(&first, only);
        }
        Outcome::Unclear("no number was found among the multiples tried".into())
    }

    /// Any number in the interval will do but multiples of some and a few listed ones: short decimals are tried.
    fn anywhere(&self, interval: &Interval, only: Types, literals: &[Id]) -> Outcome {
        if let (Some((low, _)), Some((high, _))) = (&interval.lower, &interval.upper)
            && low == high
        {
            return if self.number_fits(low, only, literals) {
                self.as_document(low, only)
            } else {
                Outcome::None(Assumed::NOTHING)
            };
        }
        let mut step = Number::one();
        for _ in 0..PLACES_MAX {
            let (low, high) = interval.steps(&step);
            let zero = BigInt::zero();
            let start = match (&low, &high) {
                (Some(low), _) if low.is_positive() => low.clone(),
                (_, Some(high)) if high.is_negative() => high.clone(),
                _ => zero,
            };
            for distance in 0..64 {
                for count in [&start + BigInt::from(distance), &start - BigInt::from(distance)] {
                    let outside =
                        low.as_ref().is_some_and(|low| count < *low) || high.as_ref().is_some_and(|high| count > *high);
                    if outside {
                        continue;
                    }
                    let candidate = Number::from_integer(count) * &step;
                    if self.number_fits(&candidate, only, literals)
                        && let found @ Outcome::Found(_) = self.as_document(&candidate, only)
                    {
                        return found;
                    }
                }
            }
            step /= Number::from_integer(10.into());
        }
        Outcome::Unclear("no short decimal was found".into())
    }
}
