//! Many processes at once: what each of them was told is on record, once, whoever came first.
//!
//! `LEDGER_RACE_ROUNDS` sets how many commands each of the sixteen processes' loops runs.

mod processes;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use serde_json::{Value, json};

use processes::{Answer, Place, Random, answer, new, new_operation, text};

const WRITERS: usize = 16;
const ROUNDS: usize = 50;

#[expect(clippy::disallowed_methods, reason = "a test is scaled from outside")]
fn rounds() -> usize {
    std::env::var("LEDGER_RACE_ROUNDS").ok().map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// Runs something on several threads that start together; answers with what each came to.
fn together<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (start, work) = (&Barrier::new(count), &work);
    let run = |writer| {
        move || {
            start.wait();
            work(writer)
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|writer| scope.spawn(run(writer))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn assert_one_result(answers: &[Answer], what: &str) {
    for answer in answers {
        assert_eq!(answer.status, Some(0), "{}", answer.told);
        assert_eq!(answer.data[what], answers[0].data[what], "all are told the same");
    }
    let new = answers.iter().filter(|answer| answer.data["deduplicated"] == false).count();
    let known = answers.iter().filter(|answer| answer.data["deduplicated"] == true).count();
    assert_eq!((new, known), (1, answers.len() - 1), "one did it, the others were told so");
}

#[test]
fn of_eight_processes_that_make_a_request_with_one_key_one_makes_it() {
    const KEYS: usize = 10;
    let place = Place::new();
    for round in 0..KEYS {
        let key = format!("intent-{round}");
        let answers = together(8, |writer| place.run(&format!("writer-{writer}"), &new("The same", Some(&key))));
        assert_one_result(&answers, "id");
        assert_one_result(&answers, "uid");
    }
    assert_eq!(place.packets().len(), KEYS);
    assert!(place.chains().values().all(|log| log.len() == 1));
    place.assert_sound();
}

#[test]
fn of_eight_processes_that_carry_out_a_transition_with_one_key_one_does() {
    const KEYS: usize = 10;
    let place = Place::new();
    let id = place.request_in_progress("Contested");
    for round in 0..KEYS {
        let (key, to) = (format!("intent-{round}"), ["BLOCKED", "IN_PROGRESS"][round % 2]);
        let arguments = ["transition", &id, to, "--reason", "a reason", "--key", &key];
        let answers = together(8, |writer| place.run(&format!("writer-{writer}"), &arguments));
        assert_one_result(&answers, "event");
    }
    assert_eq!(place.chains()[&id].len(), 3 + KEYS);
    place.assert_sound();
}

#[test]
fn no_number_is_given_twice_when_sixteen_processes_make_requests() {
    let place = Place::new();
    let made = together(WRITERS, |writer| {
        let make = |round: usize| {
            let name = format!("writer-{writer}-request-{round}");
            let key = round.is_multiple_of(2).then_some(name.as_str());
            let answer = place.run(&format!("writer-{writer}"), &new(&name, key));
            match answer.status {
                Some(0) => Some((text(&answer.data["id"]), name)),
                _ => assert_documented(&answer),
            }
        };
        (0..rounds()).filter_map(make).collect::<Vec<_>>()
    });
    let made: Vec<(String, String)> = made.concat();
    let packets = place.packets();
    assert_eq!(packets.len(), made.len(), "each answer is a packet of its own, and there are no others");
    for (id, title) in &made {
        assert_eq!(packets[id]["title"], title.as_str(), "{id} is another's request");
    }
    assert!(place.chains().values().all(|log| log.len() == 1));
    place.assert_sound();
    place.ok("reader", &["index"]);
    place.ok("reader", &["index", "--check"]);
}

#[test]
fn nothing_is_lost_when_sixteen_processes_write_to_two_requests() {
    race_on(2);
}

#[test]
fn nothing_is_lost_when_sixteen_processes_write_to_forty_requests() {
    race_on(40);
}

/// Sixteen processes at a time write to a few requests. What is on record at the end is what was acknowledged, no more
/// and no less: each refusal says that nothing was written.
fn race_on(requests: usize) {
    let place = Place::new();
    let ids: Vec<String> = (0..requests).map(|n| place.request_in_progress(&format!("Contested {n}"))).collect();
    let before: BTreeSet<String> = hashes(&place);
    let told = together(WRITERS, |writer| {
        let mut random = Random(writer as u64);
        let mut version = 3;
        let mut written = Vec::new();
        for round in 0..rounds() {
            let id = &ids[usize::try_from(random.below(ids.len() as u64)).unwrap()];
            let (key, seen) = (format!("{writer}-{round}"), version.to_string());
            let to = ["IN_PROGRESS", "BLOCKED"][usize::from(random.below(2) == 0)];
            let mut arguments = match random.below(4) {
                0 => vec!["note", id, "--text", "a remark"],
                _ => vec!["transition", id, to, "--reason", "a reason"],
            };
            match random.below(4) {
                0 => arguments.extend(["--expect-version", &seen]),
                1 => arguments.extend(["--key", &key]),
                _ => {}
            }
            let answer = place.run(&format!("writer-{writer}"), &arguments);
            match answer.status {
                Some(0) => {
                    assert_eq!(answer.data["deduplicated"], false);
                    version = answer.data["version"].as_u64().unwrap();
                    written.push(text(&answer.data["event"]["hash"]));
                }
                _ => {
                    assert_documented::<()>(&answer);
                    version = answer.error["actual_version"].as_u64().unwrap_or(version);
                }
            }
        }
        written
    });
    let told: Vec<String> = told.concat();
    let acknowledged: BTreeSet<String> = told.iter().cloned().collect();
    assert_eq!(acknowledged.len(), told.len(), "two were told of the same event");
    assert!(acknowledged.len() > WRITERS, "most of the writes go through: {}", acknowledged.len());
    let after: BTreeSet<String> = hashes(&place).difference(&before).cloned().collect();
    assert_eq!(after, acknowledged);
    place.assert_sound();
    place.ok("reader", &["index", "--check"]);
}

fn hashes(place: &Place) -> BTreeSet<String> {
    place.chains().values().flatten().map(|event| text(&event["hash"])).collect()
}

/// A refusal of a race: a rule, a conflict, or no turn in time; never *unknown*, a failure or damage.
fn assert_documented<T>(answer: &Answer) -> Option<T> {
    let code = answer.error["code"].as_str().unwrap_or_default();
    let documented = match answer.status {
        Some(5) => ["illegal-transition", "guard"].contains(&code),
        Some(6) => ["stale-version", "stale-state"].contains(&code),
        Some(7) => code == "busy" && answer.error["retryable"] == true,
        _ => false,
    };
    assert!(documented, "{:?}: {}", answer.status, answer.told);
    None
}

/// Each of sixteen processes claims the next request until there is none: every request goes to one of them.
#[test]
fn of_sixteen_processes_that_claim_what_is_next_each_gets_others() {
    const REQUESTS: usize = 20;
    let place = Place::new();
    let made: BTreeSet<String> =
        (0..REQUESTS).map(|n| text(&place.ok("maker", &new(&format!("{n}"), None))["id"])).collect();
    let claimed = together(WRITERS, |writer| {
        let mut claimed = Vec::new();
        loop {
            let answer = place.run(&format!("writer-{writer}"), &["claim", "--next"]);
            match answer.status {
                Some(0) => claimed.push(text(&answer.data["id"])),
                Some(4) => break,
                _ => drop(assert_documented::<()>(&answer)),
            }
        }
        claimed
    });
    let all: Vec<&String> = claimed.iter().flatten().collect();
    assert_eq!(all.len(), REQUESTS, "each was given out once");
    assert_eq!(all.into_iter().cloned().collect::<BTreeSet<_>>(), made);
    for (writer, ids) in claimed.iter().enumerate() {
        for id in ids {
            let claim = place.ok("reader", &["show", id])["claim"].take();
            assert_eq!((text(&claim["by"]), &claim["expired"]), (format!("writer-{writer}"), &Value::Bool(false)));
        }
    }
    assert!(place.chains().values().all(|log| log.len() == 2), "nobody wrote who did not get it");
    place.assert_sound();
    place.ok("reader", &["index", "--check"]);
}

/// Sixteen processes all want the same twenty requests by name: each has one holder, whom the others are told.
#[test]
fn of_sixteen_processes_that_claim_the_same_requests_one_gets_each() {
    const REQUESTS: usize = 20;
    let place = Place::new();
    let ids: Vec<String> = (0..REQUESTS).map(|n| text(&place.ok("maker", &new(&format!("{n}"), None))["id"])).collect();
    let told = together(WRITERS, |writer| {
        let claim = |place_of: usize| {
            let id = &ids[(place_of + writer) % REQUESTS];
            let answer = place.run(&format!("writer-{writer}"), &["claim", id]);
            match answer.status {
                Some(0) => Some((id.clone(), format!("writer-{writer}"))),
                _ => {
                    assert_eq!((answer.status, answer.error["code"].as_str()), (Some(6), Some("claimed-by-other")));
                    None
                }
            }
        };
        (0..REQUESTS).filter_map(claim).collect::<Vec<_>>()
    });
    let told = told.concat();
    assert_eq!(told.len(), REQUESTS);
    for (id, holder) in &told {
        assert_eq!(text(&place.ok("reader", &["show", id])["claim"]["by"]), *holder);
    }
    assert!(place.chains().values().all(|log| log.len() == 2));
    place.assert_sound();
}

#[test]
fn batches_and_single_writers_get_their_turns_and_lose_nothing() {
    const OPERATIONS: usize = 400;
    const STREAMED: usize = 200;
    const CHUNK: usize = 10;
    let place = Place::new();
    let ids: Vec<String> = (0..4).map(|n| place.request_in_progress(&format!("Shared {n}"))).collect();
    let operations = |name: &str, count: usize| -> Vec<Value> {
        let operation = |n: usize| match n % 4 {
            0 => new_operation(&format!("{name} {n}"), &format!("{name}-{n}")),
            1 => json!({"op": "note", "request": format!("key:{name}-{}", n - 1), "text": "a remark", "key": "first"}),
            _ => json!({"op": "note", "request": ids[n % 4], "text": "a remark", "key": format!("{name}-{n}")}),
        };
        (0..count).map(operation).collect()
    };
    let (whole, streamed) = (operations("whole", OPERATIONS), operations("streamed", STREAMED));
    place.write_beside("operations.jsonl", &whole);
    let over = AtomicBool::new(false);
    let singles = thread::scope(|scope| {
        let single = |writer: usize| {
            let (place, ids, over) = (&place, &ids, &over);
            move || {
                let mut written = Vec::new();
                // On until the batches are through, but long enough to be in their way.
                for round in 0.. {
                    if round >= 10 && over.load(Ordering::SeqCst) {
                        break;
                    }
                    let actor = format!("single-{writer}");
                    if round % 5 == 0 {
                        let made = place.ok(&actor, &new(&format!("{actor} {round}"), None));
                        written.push((text(&made["id"]), 1, String::new()));
                    } else {
                        let noted = place.ok(&actor, &["note", &ids[writer % 4], "--text", "in between"]);
                        let version = noted["version"].as_u64().unwrap();
                        written.push((text(&noted["id"]), version, text(&noted["event"]["hash"])));
                    }
                }
                written
            }
        };
        let singles: Vec<_> = (0..4).map(|writer| scope.spawn(single(writer))).collect();
        let batch = scope.spawn(|| place.command("batch", &["apply", "operations.jsonl"]).output().unwrap());
        let stream = scope.spawn(|| stream(&place, &streamed, CHUNK));
        let (batch, stream) = (batch.join(), stream.join());
        over.store(true, Ordering::SeqCst);
        let singles: Vec<_> = singles.into_iter().flat_map(|single| single.join().unwrap()).collect();
        let batch = batch.unwrap();
        assert!(batch.status.success(), "{}", answer(&batch).told);
        let answers = String::from_utf8(batch.stdout).unwrap();
        assert_applied(&place, &whole, &answers.lines().map(str::to_owned).collect::<Vec<_>>());
        assert_applied(&place, &streamed, &stream.unwrap());
        singles
    });
    let logs = place.chains();
    for (id, version, hash) in &singles {
        let event = &logs[id][usize::try_from(*version).unwrap() - 1];
        assert!(hash.is_empty() || event["hash"] == hash.as_str(), "{id} lost version {version}");
    }
    let events: usize = logs.values().map(Vec::len).sum();
    assert_eq!(events, 4 * 3 + OPERATIONS + STREAMED + singles.len());
    place.assert_sound();
    place.ok("reader", &["index", "--check"]);
}

/// Streams operations to `apply`, some at a time, each lot once the one before is answered.
fn stream(place: &Place, operations: &[Value], chunk: usize) -> Vec<String> {
    let mut command = place.command("stream", &["apply", "-"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut lines = stdout.lines();
    let mut answers = Vec::new();
    for lot in operations.chunks(chunk) {
        let text: String = lot.iter().map(|operation| format!("{operation}\n")).collect();
        stdin.write_all(text.as_bytes()).unwrap();
        answers.extend(lines.by_ref().take(lot.len()).map(Result::unwrap));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success(), "{answers:?}");
    answers
}

/// Each operation was answered, and is on record as the answer says.
fn assert_applied(place: &Place, operations: &[Value], answers: &[String]) {
    let (packets, logs) = (place.packets(), place.chains());
    assert_eq!(answers.len(), operations.len());
    for (operation, answer) in operations.iter().zip(answers) {
        let data = serde_json::from_str::<Value>(answer).unwrap()["data"].take();
        let (id, version) = (text(&data["id"]), usize::try_from(data["version"].as_u64().unwrap()).unwrap());
        let kept = if operation["op"] == "new" { &packets[&id] } else { &logs[&id][version - 1] };
        assert_eq!(kept["key"], operation["key"], "{answer}");
    }
}

/// Whoever asks is told of everything that was acknowledged before, by way of the cache, whoever writes and reads beside.
/// The ledger passes the size up to which every file is looked at meanwhile.
#[test]
fn thirty_two_processes_that_write_and_ask_are_told_nothing_stale() {
    const PROCESSES: usize = 32;
    const BEFORE: usize = 4_050;
    let place = Place::new();
    let operations: Vec<Value> = (0..BEFORE).map(|n| new_operation("One of many", &format!("before-{n}"))).collect();
    place.write_beside("operations.jsonl", &operations);
    let made = place.command("founder", &["apply", "operations.jsonl"]).output().unwrap();
    assert!(made.status.success(), "{}", answer(&made).told);
    // The newest version of each request that somebody was told of.
    let acknowledged: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let asked = together(PROCESSES, |process| {
        let (mut random, actor) = (Random(process as u64), format!("process-{process}"));
        let (mut own, mut asked) = (Vec::<String>::new(), 0);
        for round in 0..rounds().div_ceil(4) {
            if own.is_empty() || random.below(5) == 0 {
                let data = place.ok(&actor, &new(&format!("Contested {process} {round}"), None));
                own.push(text(&data["id"]));
                acknowledged.lock().unwrap().insert(text(&data["id"]), 1);
            } else if random.below(2) == 0 {
                let id = &own[usize::try_from(random.below(own.len() as u64)).unwrap()];
                let to = ["ACCEPTED", "IN_PROGRESS", "BLOCKED"][usize::try_from(random.below(3)).unwrap()];
                let answer = place.run(&actor, &["transition", id, to, "--reason", "a reason"]);
                match answer.status {
                    Some(0) => {
                        let version = answer.data["version"].as_u64().unwrap();
                        acknowledged.lock().unwrap().insert(id.clone(), version);
                    }
                    _ => drop(assert_documented::<()>(&answer)),
                }
            } else {
                let known = acknowledged.lock().unwrap().clone();
                let question = ["list", "--all", "--text", "contested", "--fields", "id,version", "--limit", "100000"];
                let listed = place.run(&actor, &question);
                assert_eq!((listed.status, listed.told.as_str()), (Some(0), ""));
                let rows = listed.data["requests"].as_array().unwrap().iter();
                let rows: BTreeMap<String, u64> =
                    rows.map(|row| (text(&row["id"]), row["version"].as_u64().unwrap())).collect();
                for (id, version) in known {
                    assert!(rows.get(&id).is_some_and(|listed| *listed >= version), "{id} was at version {version}");
                }
                asked += 1;
            }
        }
        asked
    });
    assert!(asked.iter().sum::<usize>() >= PROCESSES, "many asked: {asked:?}");
    let logs = place.chains();
    assert!(logs.len() > BEFORE + PROCESSES);
    for (id, version) in acknowledged.into_inner().unwrap() {
        assert_eq!(logs[&id].len() as u64, version, "{id}");
    }
}

#[test]
fn the_index_of_a_small_ledger_is_current_when_the_last_of_several_writers_has_ended() {
    let place = Place::new();
    let id = place.request_in_progress("Shared");
    for round in 0..12 {
        together(6, |writer| {
            let (actor, title) = (format!("writer-{writer}"), format!("Round {round} of {writer}"));
            let answer = match writer % 2 {
                0 => place.run(&actor, &new(&title, None)),
                _ => place.run(&actor, &["note", &id, "--text", &title]),
            };
            assert_eq!((answer.status, answer.told.as_str()), (Some(0), ""), "nothing is told on stderr");
        });
        place.ok("reader", &["index", "--check"]);
    }
    place.assert_sound();
}
