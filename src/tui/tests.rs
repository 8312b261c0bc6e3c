//! The model against a ledger that is played, key by key: whatever is pressed, whoever writes meanwhile, and whatever the
//! screen's size is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::columns;
use super::filter::Filter;
use super::form::Step;
use super::layout::Size;
use super::model::{
    Card, Dialog, Effect, Event, Failed, Failure, FoundHit, FoundPage, Key, Listed, Mark, Model, Shown, Wrote,
};
use super::update::update;
use super::view::{plain, view};
use crate::domain::decide::Command;
use crate::domain::id::RequestId;
use crate::domain::outlook::{Asked, Need, Open};
use crate::domain::packet::Priority;
use crate::domain::safe;
use crate::domain::settings::Signatures;
use crate::domain::workflow::Workflow;

/// What others may have written.
const NASTY: &str =
    "a\u{1b}[2J\u{202e}b\u{200b} 漢字 \n\tline\u{9b}👍e\u{301} and so on, for longer than any line is wide";

const SIZES: [Size; 4] = [
    Size { width: 80, height: 24 },
    Size { width: 120, height: 40 },
    Size { width: 40, height: 10 },
    Size { width: 1, height: 1 },
];

fn id(number: usize) -> RequestId {
    format!("REQ-20261120-{number:04}").parse().unwrap()
}

fn model(size: Size) -> Model {
    let who = ("acme".to_owned(), Some("ben".to_owned()));
    Model::new(size, who, columns(&Workflow::default()), Filter::default(), "tui-0".to_owned())
}

fn card(number: usize, title: &str, to: &str, priority: Priority, marks: Vec<Mark>) -> Card {
    Card { id: id(number), priority: Some(priority), title: title.into(), from: "shop".into(), to: to.into(), marks }
}

/// What a screen shows of a model, a line a row, without the blanks at the ends.
fn screen(model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.size.width, model.size.height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..buffer.area.height).map(row).collect()
}

fn pressed(model: Model, keys: &[Key]) -> (Model, Vec<Effect>) {
    keys.iter().fold((model, Vec::new()), |(model, mut effects), key| {
        let (model, more) = update(model, Event::Pressed(*key));
        effects.extend(more);
        (model, effects)
    })
}

fn typed(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).chain([Key::Enter]).collect()
}

/// A ledger of a few requests, all in the state in which requests begin, that answers what a model asks.
#[derive(Default)]
struct Played {
    versions: BTreeMap<RequestId, u64>,
    /// By key, what was written.
    written: BTreeMap<String, Command>,
    shown: BTreeSet<(RequestId, u64)>,
    broken: bool,
}

impl Played {
    fn with(requests: usize) -> Self {
        Self { versions: (1..=requests).map(|number| (id(number), 1)).collect(), ..Self::default() }
    }

    fn version(&self, id: RequestId) -> u64 {
        self.versions.get(&id).copied().unwrap_or(1)
    }

    fn open() -> Vec<Open> {
        let open = |to: &str, needs| Open { to: to.parse().unwrap(), needs };
        vec![
            open("ACCEPTED", vec![]),
            open("REJECTED", vec![Need::Reason]),
            open("DELIVERED", vec![Need::Evidence, Need::Details(vec!["impact".into(), NASTY.into()])]),
            open(
                "CLOSED",
                vec![
                    Need::Approval(Asked { role: "sponsor".parse().unwrap(), signature: Signatures::Optional }),
                    Need::Reason,
                ],
            ),
        ]
    }

    fn answer(&mut self, effect: Effect) -> Option<Event> {
        let broken = || format!("error: {NASTY}");
        Some(match effect {
            Effect::List { generation, state, part, query } => {
                let is_first = state == "PROPOSED" && query.cursor.is_none();
                let ids = self.versions.keys().filter(|_| is_first).take(query.limit.unwrap_or(usize::MAX));
                let cards: Vec<Card> = ids
                    .map(|id| Card {
                        id: *id,
                        ..card(1, NASTY, NASTY, Priority::P1, vec![Mark::Claimed(NASTY.into())])
                    })
                    .collect();
                let damaged = if self.broken { vec![card(99, NASTY, "", Priority::P0, vec![])] } else { Vec::new() };
                let listed = Listed { matched: cards.len(), cards, next: None, damaged };
                Event::Listed { generation, state, part, answer: Ok(listed).filter_broken(self.broken, broken) }
            }
            Effect::Show(id) => {
                let version = self.version(id);
                self.shown.insert((id, version));
                let shown = Shown {
                    version,
                    state: "PROPOSED".into(),
                    title: NASTY.into(),
                    text: format!(
                        "\u{1b}[1m{id}\u{1b}[0m\n{NASTY}\n\u{1b}[1mNotes\u{1b}[0m\n{}",
                        format!("  {NASTY}\n").repeat(9)
                    ),
                    timeline: (1..=version).map(|n| format!("v{n} {NASTY}")).collect(),
                    has_older: version > 3,
                    open: if version.is_multiple_of(5) { Vec::new() } else { Self::open() },
                    next: Some(NASTY.into()),
                };
                Event::Shown(id, Ok(Box::new(shown)).filter_broken(self.broken, broken))
            }
            Effect::Search { words, query: _ } => {
                let hits = self.versions.keys().map(|id| FoundHit { id: *id, text: format!("{id}\n  {NASTY}\n") });
                let hits = Some(hits.collect());
                let page = FoundPage { words: words.clone(), hits, matched: (9, true), at: 0, first: 0 };
                Event::Found { words, answer: Ok(page).filter_broken(self.broken, broken) }
            }
            Effect::Write(write) => {
                let text = NASTY.to_owned();
                let answer = if self.broken {
                    Err(Failed { kind: Failure::Retryable, text })
                } else if self.written.contains_key(write.key.as_str()) {
                    Ok(Wrote { text })
                } else if write.expect.is_some_and(|expected| expected != self.version(write.id)) {
                    Err(Failed { kind: Failure::Stale, text })
                } else {
                    self.written.insert(write.key.to_string(), write.command.clone());
                    *self.versions.entry(write.id).or_insert(1) += 1;
                    Ok(Wrote { text })
                };
                Event::Wrote(write, answer)
            }
            Effect::Leave => return None,
        })
    }
}

/// The answer of a ledger that may be broken.
trait FilterBroken: Sized {
    fn filter_broken(self, broken: bool, text: impl Fn() -> String) -> Self;
}

impl<T> FilterBroken for Result<T, String> {
    fn filter_broken(self, broken: bool, text: impl Fn() -> String) -> Self {
        if broken { Err(text()) } else { self }
    }
}

/// What happens next.
#[derive(Clone, Debug)]
enum Next {
    Key(Key),
    Paste,
    /// The oldest question is answered.
    Answer,
    /// Somebody else writes to a request, and the model may hear of it.
    Elsewhere(usize, bool),
    Size(usize),
    Breaks(bool),
    Progress(usize),
    Ends,
}

fn next() -> impl Strategy<Value = Next> {
    let keys = prop_oneof![
        5 => proptest::sample::select(vec![Key::Enter, Key::Down, Key::Up, Key::Left, Key::Right, Key::Escape]),
        3 => proptest::sample::select("tnsr/?hjklgGye=x:\" q".chars().map(Key::Char).collect::<Vec<_>>()),
        1 => proptest::sample::select(vec![
            Key::Tab, Key::Backspace, Key::Delete, Key::Home, Key::End, Key::PageUp, Key::PageDown, Key::Control('u'),
            Key::Control('w'), Key::Control('c'), Key::Control('l'), Key::Char('漢'),
        ]),
    ];
    prop_oneof![
        8 => keys.prop_map(Next::Key),
        6 => Just(Next::Answer),
        1 => Just(Next::Paste),
        1 => (1_usize..6, any::<bool>()).prop_map(|(number, heard)| Next::Elsewhere(number, heard)),
        1 => (0_usize..SIZES.len()).prop_map(Next::Size),
        1 => any::<bool>().prop_map(Next::Breaks),
        1 => (0_usize..5).prop_map(Next::Progress),
        1 => Just(Next::Ends),
    ]
}

/// Whether a key carries something out that somebody saw and confirmed.
fn confirms(model: &Model, key: Key) -> bool {
    match &model.dialog {
        Some(Dialog::Form(form)) => form.step == Step::Confirm && matches!(key, Key::Enter | Key::Char('y')),
        Some(Dialog::Prompt(_)) => key == Key::Enter,
        Some(Dialog::Told(_)) => key == Key::Char('r'),
        Some(Dialog::Help(_) | Dialog::Choose(_)) | None => false,
    }
}

/// The board's and the pages' choices are of things that are there.
fn is_sound(model: &Model) -> bool {
    let board = &model.board;
    board.shown().any(|place| place == board.at)
        && board.columns.iter().all(|column| column.at < column.cards.len().max(1) && column.first <= column.at)
}

fn draw(model: &Model, size: Size) {
    let model = Model { size, ..model.clone() };
    let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
    terminal.draw(|frame| view(&model, frame)).unwrap();
    let acts = |c: char| safe::is_unsafe(c) && !matches!(c, '\u{fe0e}' | '\u{fe0f}');
    for cell in &terminal.backend().buffer().content {
        assert!(!cell.symbol().chars().any(acts), "{:?} is sent to the terminal", cell.symbol());
    }
}

fn play(steps: &[Next]) {
    let mut ledger = Played::with(8);
    let mut asked: VecDeque<Effect> = VecDeque::new();
    let (mut model, effects) = update(model(SIZES[0]), Event::Started);
    asked.extend(effects);
    for step in steps {
        let event = match step {
            Next::Key(key) => Event::Pressed(*key),
            Next::Paste => Event::Pasted(NASTY.to_owned()),
            Next::Answer => match asked.pop_front().and_then(|effect| ledger.answer(effect)) {
                Some(event) => event,
                None => continue,
            },
            Next::Elsewhere(number, heard) => {
                *ledger.versions.entry(id(*number)).or_insert(1) += 1;
                if !heard {
                    continue;
                }
                Event::Changed
            }
            Next::Size(at) => Event::Resized(SIZES[*at]),
            Next::Breaks(broken) => {
                ledger.broken = *broken;
                continue;
            }
            Next::Progress(done) => Event::Read(*done, 4),
            Next::Ends => Event::Ended,
        };
        let may_write = matches!(step, Next::Key(key) if confirms(&model, *key));
        let (now, effects) = update(model, event);
        model = now;
        for effect in effects {
            match &effect {
                Effect::Write(write) => {
                    assert!(may_write, "written without a yes: {write:?}");
                    if let Command::Transition(_) = write.command {
                        let expected = write.expect.expect("a transition expects a version");
                        assert!(ledger.shown.contains(&(write.id, expected)), "nobody saw version {expected}");
                    }
                }
                Effect::Leave => {
                    // The driver ends here; the model must stay whole all the same.
                    continue;
                }
                Effect::List { .. } | Effect::Show(_) | Effect::Search { .. } => {}
            }
            asked.push_back(effect);
        }
        assert_eq!(model.waiting, asked.len(), "after {step:?}");
        let writes = asked.iter().filter(|effect| matches!(effect, Effect::Write(_))).count();
        assert_eq!(model.writing, writes, "after {step:?}");
        assert!(is_sound(&model), "after {step:?}: {:?}", model.board);
        draw(&model, model.size);
    }
    SIZES.into_iter().for_each(|size| draw(&model, size));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_pressed_nothing_is_overwritten_and_everything_can_be_drawn(
        steps in proptest::collection::vec(next(), 0..90)
    ) {
        play(&steps);
    }
}

/// The board of docs/tui.md.
fn board() -> Model {
    let mut ledger = BTreeMap::new();
    ledger.insert(
        "PROPOSED",
        vec![
            card(7, "Refunds take a week", "billing", Priority::P1, vec![Mark::Due("2026-12-01".into())]),
            card(3, "Index product titles in Japanese", "search", Priority::P2, vec![]),
        ],
    );
    ledger.insert(
        "ACCEPTED",
        vec![card(
            2,
            "Rounding of totals with several tax rates",
            "billing",
            Priority::P0,
            vec![Mark::Claimed("ben".into())],
        )],
    );
    ledger.insert(
        "DIVERGED",
        vec![card(
            5,
            "Reindex nightly",
            "search",
            Priority::P2,
            vec![Mark::Sides(vec!["VERIFIED".into(), "IN_PROGRESS".into()])],
        )],
    );
    ledger.insert("REJECTED", vec![card(6, "Add a fax number", "shop", Priority::P3, vec![])]);
    let (mut model, effects) = update(model(SIZES[0]), Event::Started);
    for effect in effects {
        let Effect::List { generation, state, part, .. } = effect else { panic!("only lists are read first") };
        let cards = ledger.remove(state.as_str()).unwrap_or_default();
        let answer = Ok(Listed { matched: cards.len(), cards, ..Listed::default() });
        model = update(model, Event::Listed { generation, state, part, answer }).0;
    }
    model
}

fn shown() -> Shown {
    Shown {
        version: 2,
        state: "ACCEPTED".into(),
        title: "Rounding".into(),
        text: "\u{1b}[1mREQ-20261120-0002\u{1b}[0m  ACCEPTED  v2\nRounding".into(),
        timeline: vec!["v1  mia  created, PROPOSED".into(), "v2  ben  PROPOSED → ACCEPTED".into()],
        has_older: false,
        open: Played::open(),
        next: None,
    }
}

#[test]
fn the_screen_in_the_docs_is_the_screen() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tui.md")).unwrap();
    let screen = screen(&board());
    let without_empty =
        |text: &str| text.lines().filter(|line| !line.is_empty()).map(|l| format!("{l}\n")).collect::<String>();
    assert!(docs.contains(&without_empty(&screen)), "docs/tui.md lacks\n{screen}");
}

#[test]
fn the_keys_are_always_in_sight() {
    for size in [SIZES[0], SIZES[1], SIZES[2]] {
        let shown = screen(&Model { size, ..board() });
        let last = shown.lines().last().unwrap();
        assert!(last.contains("Enter open") && last.contains("? help") && last.ends_with("q quit"), "{last}");
    }
}

#[test]
fn columns_are_the_main_ones_and_those_that_hold_something() {
    let board = board().board;
    let shown: Vec<&str> = board.shown().map(|place| board.columns[place].state.as_str()).collect();
    let main = ["PROPOSED", "ACCEPTED", "IN_PROGRESS", "DELIVERED", "VERIFIED", "CLOSED"];
    assert_eq!(shown, [["DIVERGED"].as_slice(), &main, &["REJECTED"]].concat());
}

#[test]
fn a_transition_asks_for_what_it_needs_and_expects_what_was_seen() {
    let (model, effects) = pressed(board(), &[Key::Right, Key::Char('t')]);
    assert!(matches!(effects.as_slice(), [Effect::Show(shown)] if *shown == id(2)), "{effects:?}");
    let (model, _) = update(model, Event::Shown(id(2), Ok(Box::new(shown()))));
    // What is asked for in a field is no option.
    assert!(screen(&model).contains("needs a reason") && !screen(&model).contains("--reason"), "{}", screen(&model));
    let (model, effects) = pressed(model, &[Key::Down, Key::Enter, Key::Enter]);
    assert!(effects.is_empty() && screen(&model).contains("it needs a reason"), "{}", screen(&model));
    let (model, effects) = pressed(model, &typed("Not ours"));
    assert!(effects.is_empty() && screen(&model).contains("from ACCEPTED to REJECTED"), "{}", screen(&model));
    let (model, effects) = pressed(model, &[Key::Enter]);
    let [Effect::Write(write)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((write.id, write.expect, write.key.as_str()), (id(2), Some(2), "tui-0-1"));
    let Command::Transition(transition) = &write.command else { panic!("{write:?}") };
    assert_eq!((transition.to.as_str(), transition.reason.as_deref()), ("REJECTED", Some("Not ours")));

    // Somebody was faster: it is told, everything is read again, and what was typed is there for the next try.
    let stale = Failed { kind: Failure::Stale, text: "REQ-20261120-0002 is at version 3, not 2".into() };
    let (model, effects) = update(model, Event::Wrote(write.clone(), Err(stale)));
    assert!(screen(&model).contains("is at version 3, not 2"), "{}", screen(&model));
    assert!(effects.iter().all(|effect| matches!(effect, Effect::List { .. })) && !effects.is_empty());
    let (model, _) = pressed(model, &[Key::Escape, Key::Char('t')]);
    let (model, _) = update(model, Event::Shown(id(2), Ok(Box::new(Shown { version: 3, ..shown() }))));
    let (_, effects) = pressed(model, &[Key::Down, Key::Enter, Key::Enter, Key::Enter]);
    let [Effect::Write(again)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((again.expect, &again.command), (Some(3), &write.command));
}

#[test]
fn evidence_and_details_are_taken_as_the_command_line_takes_them() {
    let (model, _) = pressed(board(), &[Key::Right, Key::Enter]);
    let needs = vec![Need::Evidence, Need::Details(vec!["impact".into()])];
    let open = vec![Open { to: "DELIVERED".parse().unwrap(), needs }];
    let (model, _) = update(model, Event::Shown(id(2), Ok(Box::new(Shown { open, ..shown() }))));
    let keys = [
        vec![Key::Char('t'), Key::Enter],
        typed("nonsense"),
        vec![Key::Control('u')],
        typed("commit=1a2b"),
        typed("ci=https://x"),
        vec![Key::Enter],
        typed("{\"a\": 1}"),
        typed(""),
    ];
    let (_, effects) = pressed(model, &keys.concat());
    let [Effect::Write(write)] = effects.as_slice() else { panic!("{effects:?}") };
    let Command::Transition(transition) = &write.command else { panic!("{write:?}") };
    let evidence: Vec<String> = transition.evidence.iter().map(|e| format!("{}={}", e.kind, e.value)).collect();
    assert_eq!(evidence, ["commit=1a2b", "ci=https://x"]);
    assert_eq!(transition.details["impact"], serde_json::json!({"a": 1}));
}

#[test]
fn what_takes_another_command_is_told_and_not_tried() {
    let (model, _) = pressed(board(), &[Key::Right, Key::Enter]);
    let (model, _) = update(model, Event::Shown(id(2), Ok(Box::new(shown()))));
    let (model, effects) = pressed(model, &[Key::Char('t'), Key::End, Key::Enter]);
    assert!(effects.is_empty());
    assert!(screen(&model).contains("ledger approve REQ-20261120-0002 --as sponsor"), "{}", screen(&model));
}

#[test]
fn what_may_have_been_written_is_tried_again_with_the_same_key() {
    let (model, _) = pressed(board(), &[Key::Right, Key::Char('n')]);
    let (model, effects) = pressed(model, &typed("Seen"));
    let [Effect::Write(write)] = effects.as_slice() else { panic!("{effects:?}") };
    let unknown = Failed { kind: Failure::Retryable, text: "the outcome is unknown".into() };
    let (model, _) = update(model, Event::Wrote(write.clone(), Err(unknown)));
    let (_, effects) = pressed(model, &[Key::Char('r')]);
    assert!(matches!(effects.as_slice(), [Effect::Write(again)] if again == write), "{effects:?}");
}

#[test]
fn answers_to_an_older_question_are_dropped() {
    let (model, first) = update(model(SIZES[0]), Event::Started);
    let (model, _) = pressed(model, &[vec![Key::Char('/')], typed("to:search")].concat());
    let Effect::List { generation, state, part, .. } = first[1].clone() else { panic!("{first:?}") };
    let answer = Ok(Listed { cards: vec![card(1, "Old", "billing", Priority::P1, vec![])], ..Listed::default() });
    let (model, _) = update(model, Event::Listed { generation, state, part, answer });
    assert!(!screen(&model).contains("Old"), "{}", screen(&model));
}

#[test]
fn a_column_is_read_page_by_page() {
    let (mut model, effects) = update(model(SIZES[0]), Event::Started);
    for effect in effects {
        let Effect::List { generation, state, part, query } = effect else { panic!("only lists are read first") };
        assert_eq!(query.limit, Some(super::update::CARDS));
        let is_first = state == "PROPOSED";
        let cards = (1..=50).filter(|_| is_first).map(|n| card(n, "Title", "billing", Priority::P2, vec![])).collect();
        let next = is_first.then(|| "priority.REQ-20261120-0050.5032".to_owned());
        let matched = if is_first { 100_000 } else { 0 };
        let answer = Ok(Listed { cards, matched, next, damaged: Vec::new() });
        model = update(model, Event::Listed { generation, state, part, answer }).0;
    }
    let (model, effects) = pressed(model, &[Key::Down]);
    assert!(effects.is_empty() && screen(&model).contains("PROPOSED 100000"));
    let (_, effects) = pressed(model, &[Key::End]);
    let [Effect::List { query, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(query.cursor.as_ref().map(ToString::to_string).as_deref(), Some("priority.REQ-20261120-0050.5032"));
}

#[test]
fn without_colours_nothing_has_one() {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let draw = |frame: &mut ratatui::Frame<'_>| {
        view(&board(), frame);
        plain(frame);
    };
    terminal.draw(draw).unwrap();
    let reset = ratatui::style::Color::Reset;
    assert!(terminal.backend().buffer().content.iter().all(|cell| cell.fg == reset && cell.bg == reset));
}
