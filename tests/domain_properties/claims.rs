//! Claims: who holds a request follows from the set of events alone, and time only says whether that still counts.

use std::collections::{BTreeMap, BTreeSet};

use coordination_ledger::domain::claim::{Claimed, Expiry, Holding, Released, Term};
use coordination_ledger::domain::decide::{Command, Concede};
use coordination_ledger::domain::event::{Body, Event};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::judge::judge;
use coordination_ledger::domain::renumber::{By, rewrite};
use coordination_ledger::domain::state::State;
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::definition::Definition;
use super::replica::{NOON_MS, Replica, Request, claim, note, proven_because, steal, told};
use super::scenario::{ACTORS, Scenario, Setting, Step, claim_wishes, united, wishes};

const MINUTE_MS: i64 = 60_000;

/// Mostly claims, on clones whose clocks are off by up to a day.
fn contests() -> impl Strategy<Value = Scenario> {
    let setting =
        Setting { workflow: None, request_type: 0, targets: 1, governed: false, sponsor_approval_required: false };
    let wish = prop_oneof![6 => claim_wishes(), 1 => wishes()];
    let wall_ms = prop_oneof![2 => Just(0), 2 => 0..90 * MINUTE_MS, 1 => -86_400_000_i64..86_400_000];
    let write = (0_usize..4, 0..ACTORS.len(), wish, wall_ms);
    let step = prop_oneof![
        3 => write.prop_map(|(at, by, wish, wall_ms)| Step::Write { at, by, wish, key: None, wall_ms }),
        1 => (0_usize..4, 0_usize..4).prop_map(|(into, from)| Step::Pull { into, from }),
    ];
    (1_usize..=4, proptest::collection::vec(step, 0..40)).prop_map(move |(clones, steps)| Scenario {
        setting: setting.clone(),
        clones,
        begun_apart: false,
        steps,
    })
}

fn in_force(replica: &Replica) -> BTreeSet<Hash> {
    replica.state().claims.all().iter().map(|claim| claim.on.event.hash).collect()
}

/// Who holds it, in short: nobody, a name, or the names of a contest.
fn holder(replica: &Replica) -> String {
    match replica.state().claims.holding() {
        Holding::Free => "nobody".to_owned(),
        Holding::Held(claim) => claim.on.by.to_string(),
        Holding::Contested(claims) => {
            let mut names: Vec<&str> = claims.iter().map(|claim| claim.on.by.as_str()).collect();
            names.sort_unstable();
            names.join(" | ")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_claims_in_force_are_those_of_the_definition_and_whoever_merges_agrees(scenario in contests()) {
        let replicas = scenario.play();
        let all = united(&replicas);
        for (i, replica) in replicas.iter().enumerate() {
            let history = replica.history();
            prop_assert_eq!(in_force(replica), Definition::of(&history).claims(&replica.request.workflow));
            let mut merged = replica.clone();
            for j in 1..=replicas.len() {
                merged.pull(&replicas[(i + j) % replicas.len()]);
            }
            prop_assert_eq!(merged.state().claims, all.state().claims);
        }
    }

    #[test]
    fn claims_in_force_side_by_side_were_made_without_knowledge_of_each_other(scenario in contests()) {
        let mut replicas = scenario.play();
        replicas.push(united(&replicas));
        for replica in &replicas {
            let history = replica.history();
            let definition = Definition::of(&history);
            let state = replica.state();
            let events: Vec<&Event> =
                state.claims.all().iter().map(|claim| history.event(claim.on.event.hash).unwrap()).collect();
            for one in &events {
                prop_assert!(!events.iter().any(|other| definition.saw(one, other)));
            }
        }
    }

    #[test]
    fn in_one_clone_nothing_is_ever_contested(scenario in contests()) {
        let one = Scenario { clones: 1, ..scenario };
        for replica in one.play() {
            prop_assert!(replica.state().claims.all().len() <= 1);
        }
    }

    #[test]
    fn what_was_allowed_is_found_legal_wherever_it_was_merged(scenario in contests()) {
        let mut replicas = scenario.play();
        replicas.push(united(&replicas));
        for replica in &replicas {
            prop_assert_eq!(judge(&replica.history(), &replica.request.workflow), Vec::new());
        }
    }
}

fn first() -> Replica {
    Replica::first(&Request::with(json!({})))
}

fn later(replica: &mut Replica, minutes: i64) {
    replica.wall = Timestamp::from_unix_ms(NOON_MS + minutes * MINUTE_MS);
}

#[test]
fn one_holds_it_and_the_others_are_told_who() {
    let mut clone = first();
    assert_eq!(clone.answer("bea", &claim()), "done");
    assert_eq!(clone.answer("sam", &claim()), "claimed by bea");
    assert_eq!(clone.answer("sam", &Command::Heartbeat(Term::DEFAULT)), "claimed by bea");
    assert_eq!(clone.answer("sam", &Command::Release(None)), "claimed by bea");
    assert_eq!(clone.answer("bea", &claim()), "done");
    assert_eq!(clone.answer("bea", &Command::Release(None)), "done");
    assert_eq!(clone.answer("bea", &Command::Release(None)), "not claimed by bea");
    assert_eq!(clone.answer("sam", &Command::Heartbeat(Term::DEFAULT)), "not claimed by sam");
    assert_eq!(clone.answer("sam", &claim()), "done");
    assert_eq!(holder(&clone), "sam");
}

#[test]
fn a_claim_that_has_expired_is_prolonged_or_taken_by_whoever_comes_first() {
    let mut clone = first();
    clone.act("bea", &claim()).unwrap();
    later(&mut clone, 29);
    assert_eq!(clone.answer("sam", &claim()), "claimed by bea");
    later(&mut clone, 30);
    let mut other = clone.fork("other0");
    assert_eq!(clone.answer("bea", &Command::Heartbeat(Term::DEFAULT)), "done");
    assert_eq!(clone.answer("sam", &claim()), "claimed by bea");
    let taken = other.act("sam", &claim()).unwrap();
    assert!(matches!(taken.body(), Body::Claimed(claimed) if claimed.takes.len() == 1 && !claimed.stolen));
    assert_eq!(other.answer("bea", &Command::Heartbeat(Term::DEFAULT)), "claimed by sam");
    clone.pull(&other);
    assert_eq!(holder(&clone), "bea | sam", "expiry alone does not say who was first");
    assert_eq!(judge(&clone.history(), &clone.request.workflow), []);
}

#[test]
fn a_clock_that_runs_behind_what_is_on_record_does_not_count() {
    let mut clone = first();
    clone.act("bea", &claim()).unwrap();
    later(&mut clone, 60);
    clone.does(note("an hour later"));
    later(&mut clone, 0);
    assert_eq!(clone.answer("sam", &claim()), "done");
    let state = clone.state();
    assert_eq!(state.reckoned(Timestamp::from_unix_ms(NOON_MS)).unix_ms(), NOON_MS + 60 * MINUTE_MS);
    assert_eq!(state.claims.expiry(state.reckoned(clone.wall)), Expiry::Ahead);
}

#[test]
fn a_claim_is_prolonged_and_never_cut_short() {
    let mut clone = first();
    let day = Term::parse("1d").unwrap();
    let long = clone.act("bea", &Command::Heartbeat(day)).unwrap_err();
    assert_eq!(told(&long), "not claimed by bea");
    clone.act("bea", &claim()).unwrap();
    clone.act("bea", &Command::Heartbeat(day)).unwrap();
    clone.act("bea", &claim()).unwrap();
    let state = clone.state();
    let [one] = state.claims.all() else { panic!("{:?}", state.claims) };
    assert_eq!(one.until, day.after(Timestamp::from_unix_ms(NOON_MS)));
}

#[test]
fn what_two_clones_claimed_at_once_is_nobodys_until_one_gives_way() {
    let mut a = first();
    let mut b = a.fork("other0");
    let of_bea = a.act("bea", &claim()).unwrap().hash();
    let of_sam = b.act("sam", &claim()).unwrap().hash();
    a.pull(&b);
    for by in ["bea", "sam", "ann"] {
        assert_eq!(a.answer(by, &claim()), "contested: bea | sam", "{by}");
    }
    assert_eq!(a.answer("bea", &Command::Heartbeat(Term::DEFAULT)), "contested: bea | sam");
    assert_eq!(a.answer("ann", &Command::Release(None)), "contested: bea | sam");
    let mut given_up = a.fork("second");
    assert_eq!(given_up.answer("bea", &Command::Release(None)), "done");
    assert_eq!(holder(&given_up), "sam");
    let mut stolen = a.fork("third0");
    assert_eq!(stolen.answer("ann", &steal()), "done");
    assert_eq!(holder(&stolen), "ann");
    let mut conceded = a.fork("fourth");
    let concede = |claim, lost_to| Command::Concede(Concede { claim, lost_to, reason: None });
    assert_eq!(conceded.answer("ann", &concede(of_bea, of_bea)), "not contested");
    assert_eq!(conceded.answer("ann", &concede(of_bea, of_sam)), "done");
    assert_eq!(conceded.answer("ann", &concede(of_sam, of_bea)), "not contested");
    assert_eq!(holder(&conceded), "sam");
    // One who had not seen that it was settled says so too: the claims are the same, so nothing is lost.
    given_up.pull(&conceded);
    assert_eq!(holder(&given_up), "sam");
    for clone in [&given_up, &stolen, &conceded] {
        assert_eq!(judge(&clone.history(), &clone.request.workflow), []);
    }
    later(&mut a, 30);
    assert_eq!(a.answer("bea", &Command::Heartbeat(Term::DEFAULT)), "contested: bea | sam");
    assert_eq!(a.answer("ann", &claim()), "done", "once all have expired, anybody may claim");
    assert_eq!(holder(&a), "ann");
}

#[test]
fn one_person_in_two_clones_holds_it_until_the_later_moment() {
    let mut a = first();
    let mut b = a.fork("other0");
    a.act("bea", &claim()).unwrap();
    later(&mut b, 20);
    b.act("bea", &claim()).unwrap();
    a.pull(&b);
    assert_eq!(holder(&a), "bea");
    assert_eq!(a.answer("sam", &claim()), "claimed by bea");
    let state = a.state();
    let Holding::Held(longest) = state.claims.holding() else { panic!("{:?}", state.claims) };
    assert_eq!(longest.until.unix_ms(), NOON_MS + 50 * MINUTE_MS);
    let renewed = a.act("bea", &claim()).unwrap();
    assert!(matches!(renewed.body(), Body::Claimed(claimed) if claimed.renews.len() == 2));
    assert_eq!(a.state().claims.all().len(), 1);
}

#[test]
fn nobody_holds_what_is_over_and_nobody_claims_it() {
    let mut clone = first();
    clone.act("bea", &claim()).unwrap();
    let mut other = clone.fork("other0");
    clone.does(proven_because("WITHDRAWN"));
    assert_eq!((holder(&clone).as_str(), clone.answer("sam", &claim()).as_str()), ("nobody", "over: WITHDRAWN"));
    assert_eq!(clone.answer("bea", &Command::Release(None)), "not claimed by bea");
    other.act("bea", &Command::Heartbeat(Term::DEFAULT)).unwrap();
    other.does(proven_because("REJECTED"));
    clone.pull(&other);
    assert_eq!((clone.status().as_str(), holder(&clone).as_str()), ("REJECTED | WITHDRAWN", "bea"));
    for command in [claim(), steal(), Command::Heartbeat(Term::DEFAULT)] {
        assert!(clone.answer("sam", &command).starts_with("diverged"), "nothing moves it, so nobody claims it");
    }
    clone.act("bea", &Command::Release(None)).unwrap();
    assert_eq!(judge(&clone.history(), &clone.request.workflow), []);
}

/// Writes an event by Ann at noon, whatever the rules say.
fn forge(replica: &mut Replica, body: Body) {
    let history = replica.history();
    let event = replica.request.sealed(body, history.version() + 1, history.next_parents());
    replica.events.push(event);
}

fn judged(replica: &Replica) -> Vec<String> {
    judge(&replica.history(), &replica.request.workflow).iter().map(|illegal| told(&illegal.refusal)).collect()
}

#[test]
fn a_claim_that_nobody_could_make_is_found() {
    let noon = Timestamp::from_unix_ms(NOON_MS);
    let plain =
        || Claimed { until: Term::DEFAULT.after(noon), renews: vec![], takes: vec![], stolen: false, reason: None };
    let mut held = first();
    let of_bea = held.act("bea", &claim()).unwrap().hash();
    let until = Term::DEFAULT.after(noon);
    let seized =
        format!("wrong claim: it claims what bea had claimed until {until}, and does not say that it is stolen");
    for (claimed, told) in [
        (plain(), seized.as_str()),
        (Claimed { takes: vec![of_bea], ..plain() }, seized.as_str()),
        (Claimed { stolen: true, takes: vec![of_bea], ..plain() }, "wrong claim: it is stolen without a reason"),
        (
            Claimed { stolen: true, reason: Some("no answer".to_owned()), ..plain() },
            "wrong claim: it does not name the claims that were in force",
        ),
    ] {
        let mut forged = held.clone();
        forge(&mut forged, Body::Claimed(claimed));
        assert_eq!(judged(&forged), [told]);
    }
    let month = noon.plus_ms(31 * 86_400_000);
    for (claimed, words) in [
        (Claimed { until: noon, ..plain() }, "at most 30 days"),
        (Claimed { until: month, ..plain() }, "at most 30 days"),
        (Claimed { renews: vec![of_bea], ..plain() }, "does not name"),
        (Claimed { stolen: true, reason: Some("so".to_owned()), ..plain() }, "nothing was in its way"),
    ] {
        let mut forged = first();
        forge(&mut forged, Body::Claimed(claimed));
        let [told] = &judged(&forged)[..] else { panic!("not found: {words}") };
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_release_that_nobody_could_make_is_found() {
    let mut held = first();
    let of_bea = held.act("bea", &claim()).unwrap().hash();
    let genesis = held.events[0].hash();
    for (released, words) in [
        (Released { claims: vec![of_bea], reason: None, lost_to: None }, "what bea had claimed"),
        (Released { claims: vec![of_bea], reason: None, lost_to: Some(of_bea) }, "what bea had claimed"),
        (Released { claims: vec![of_bea], reason: None, lost_to: Some(genesis) }, "not in force"),
        (Released { claims: vec![genesis], reason: None, lost_to: None }, "no claim in force"),
    ] {
        let mut forged = held.clone();
        forge(&mut forged, Body::Released(released));
        let [told] = &judged(&forged)[..] else { panic!("not found: {words}") };
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_request_that_is_renumbered_keeps_its_claims() {
    let mut a = first();
    let mut b = a.fork("other0");
    a.act("bea", &claim()).unwrap();
    a.act("bea", &Command::Heartbeat(Term::DEFAULT)).unwrap();
    b.act("sam", &claim()).unwrap();
    a.pull(&b);
    for settle in [None, Some(steal()), Some(Command::Release(None))] {
        let mut clone = a.clone();
        settle.map(|settle| clone.act("bea", &settle).unwrap());
        let numbers = BTreeMap::from([("REQ-20261120-0001".parse().unwrap(), "REQ-20261120-0002".parse().unwrap())]);
        let clock = Hybrid { at: Timestamp::from_unix_ms(NOON_MS + MINUTE_MS), tick: 0 };
        let by = By { clock, writer: "writer".parse().unwrap(), by: "ann".parse().unwrap() };
        let renumbered = rewrite(&clone.history(), &numbers, &by).unwrap().history;
        let workflow = &clone.request.workflow;
        let told = |state: State| {
            let claims = state.claims.all().iter().map(|claim| (claim.on.by.to_string(), claim.until));
            claims.collect::<BTreeSet<_>>()
        };
        assert_eq!(told(State::replay(&renumbered, workflow)), told(clone.state()));
        assert_eq!(judge(&renumbered, workflow), []);
    }
}

#[test]
fn a_term_has_bounds() {
    for text in ["1m", "60s", "30d", "720h"] {
        assert!(Term::parse(text).is_ok(), "{text}");
    }
    for text in ["59s", "31d", "0", "", "-1h", "forever"] {
        assert!(Term::parse(text).is_err(), "{text}");
    }
}
