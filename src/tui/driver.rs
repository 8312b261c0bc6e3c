//! The thin shell around the model: the terminal, its keys, signals, and the thread that does what is to be done.

use std::io::{self, Stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::columns;
use super::filter::Filter;
use super::layout::Size;
use super::model::{Effect, Event, Key, Model};
use super::update::update;
use super::view::{plain, view};
use super::worker::work;
use crate::app::desk::{Colors, Desk};

/// How long a key is waited for before answers are looked at.
const TICK: Duration = Duration::from_millis(40);
/// How long a signal is waited upon before the program ends without further ado.
const GRACE: Duration = Duration::from_secs(2);
/// How long what is being read is waited for when somebody leaves.
const PATIENCE: Duration = Duration::from_millis(300);

/// Opens the terminal's other screen and returns when somebody leaves.
///
/// # Errors
/// A terminal that fails. It is left as it was found.
pub fn run(desk: &Desk<'_>) -> io::Result<()> {
    let signals = Signals::watch()?;
    let mut screen = Screen::open()?;
    let (width, height) = terminal::size()?;
    let mut model = beginning(desk, Size { width, height });
    let is_leaving = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        let (effects, todo) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let is_leaving = &is_leaving;
        scope.spawn(move || work(desk, &todo, &tell, is_leaving));
        if let Some(abort) = desk.abort {
            let signals = &signals;
            scope.spawn(move || guard(signals, is_leaving, abort));
        }
        let talk = Talk { desk, signals: &signals, effects, told: &told };
        let result = talk.hold(&mut screen, &mut model);
        is_leaving.store(true, Ordering::SeqCst);
        // Nobody waits for a screen of which he has left.
        drop(screen);
        drop(talk);
        let is_writing = model.writing > 0;
        wait(&told, is_writing, desk.abort);
        result
    });
    signals.pass_on();
    result
}

/// Ends the program where a signal came and nothing follows: a terminal that is gone can keep whoever reads its keys.
fn guard(signals: &Signals, is_leaving: &AtomicBool, abort: fn(u8) -> !) {
    let mut ignored = Duration::ZERO;
    while !is_leaving.load(Ordering::SeqCst) {
        if ignored >= GRACE {
            give_back();
            abort(128 + u8::try_from(signals.caught()).unwrap_or_default());
        }
        std::thread::sleep(TICK);
        ignored = if signals.caught() == 0 { Duration::ZERO } else { ignored + TICK };
    }
}

/// Waits until the worker is through: with what it writes always, with what it reads not for long.
fn wait(told: &Receiver<Event>, is_writing: bool, abort: Option<fn(u8) -> !>) {
    loop {
        match (told.recv_timeout(PATIENCE), abort) {
            (Ok(_), _) => {}
            (Err(RecvTimeoutError::Disconnected), _) => return,
            (Err(RecvTimeoutError::Timeout), Some(abort)) if !is_writing => abort(0),
            (Err(RecvTimeoutError::Timeout), _) => {}
        }
    }
}

/// What there is to see before anything was read.
fn beginning(desk: &Desk<'_>, size: Size) -> Model {
    let mut bytes = [0; 6];
    desk.ledger.world.random(&mut bytes);
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let to = desk.to.as_ref().map(|repo| format!("to:{repo}"));
    let from = desk.from.as_ref().map(|repo| format!("from:{repo}"));
    let filter = [to, from].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let who = (desk.ledger.settings.name.clone(), desk.by.as_ref().ok().map(ToString::to_string));
    let filter = Filter::parse(&filter).expect("the names of repositories have no blanks");
    Model::new(size, who, columns(desk.ledger.workflow), filter, format!("tui-{random}"))
}

struct Talk<'a> {
    desk: &'a Desk<'a>,
    signals: &'a Signals,
    effects: Sender<Effect>,
    told: &'a Receiver<Event>,
}

impl Talk<'_> {
    /// Draws, and hands on what happens, until somebody leaves.
    fn hold(&self, screen: &mut Screen, model: &mut Model) -> io::Result<()> {
        let mut waiting = vec![Event::Started];
        let mut is_ending = false;
        loop {
            for event in waiting.drain(..) {
                if matches!(event, Event::Pressed(Key::Control('l'))) {
                    screen.terminal.clear()?;
                }
                let (next, effects) = update(model.clone(), event);
                *model = next;
                for effect in effects {
                    if matches!(effect, Effect::Leave) {
                        return Ok(());
                    }
                    self.effects.send(effect).map_err(|_| gone())?;
                }
            }
            screen.terminal.draw(|frame| {
                view(model, frame);
                if self.desk.colors == Colors::No {
                    plain(frame);
                }
            })?;
            if self.signals.caught() != 0 && !std::mem::replace(&mut is_ending, true) {
                waiting.push(Event::Ended);
            }
            self.gather(&mut waiting)?;
        }
    }

    /// Waits a moment for keys, and takes everything else that happened.
    fn gather(&self, waiting: &mut Vec<Event>) -> io::Result<()> {
        let patience = if waiting.is_empty() { TICK } else { Duration::ZERO };
        if terminal_after(patience)? == Keys::Gone {
            waiting.push(Event::Ended);
            return Ok(());
        }
        while event::poll(Duration::ZERO)? {
            waiting.extend(event_of(event::read()?));
        }
        loop {
            match self.told.try_recv() {
                Ok(event) => waiting.push(event),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(gone()),
            }
        }
    }
}

/// Whether somebody can still type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Keys may come.
    Here,
    /// The terminal is gone, and its end is read again and again.
    Gone,
}

/// Waits for keys, at most so long.
#[cfg(unix)]
fn terminal_after(patience: Duration) -> io::Result<Keys> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let keys = io::stdin();
    let mut keys = [PollFd::new(&keys, PollFlags::IN)];
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    match poll(&mut keys, Some(&patience)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let is_gone = keys[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    Ok(if is_gone { Keys::Gone } else { Keys::Here })
}

/// Waits for keys, at most so long.
#[cfg(not(unix))]
fn terminal_after(patience: Duration) -> io::Result<Keys> {
    event::poll(patience).map(|_| Keys::Here)
}

fn gone() -> io::Error {
    io::Error::other("the part that reads the ledger has failed")
}

fn event_of(event: event::Event) -> Option<Event> {
    match event {
        event::Event::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Event::Pressed),
        event::Event::Paste(text) => Some(Event::Pasted(text)),
        event::Event::Resize(width, height) => Some(Event::Resized(Size { width, height })),
        event::Event::Key(_) | event::Event::FocusGained | event::Event::FocusLost | event::Event::Mouse(_) => None,
    }
}

fn key_of(key: KeyEvent) -> Option<Key> {
    let pairs = [
        (KeyCode::Enter, Key::Enter),
        (KeyCode::Esc, Key::Escape),
        (KeyCode::Tab, Key::Tab),
        (KeyCode::Backspace, Key::Backspace),
        (KeyCode::Delete, Key::Delete),
        (KeyCode::Left, Key::Left),
        (KeyCode::Right, Key::Right),
        (KeyCode::Up, Key::Up),
        (KeyCode::Down, Key::Down),
        (KeyCode::Home, Key::Home),
        (KeyCode::End, Key::End),
        (KeyCode::PageUp, Key::PageUp),
        (KeyCode::PageDown, Key::PageDown),
    ];
    if let KeyCode::Char(c) = key.code {
        // AltGr is Control and Alt together, and makes a character.
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL) && !key.modifiers.contains(KeyModifiers::ALT);
        return Some(if is_control { Key::Control(c.to_ascii_lowercase()) } else { Key::Char(c) });
    }
    pairs.into_iter().find(|(code, _)| *code == key.code).map(|(_, key)| key)
}

/// Whether the terminal is ours, and must be given back.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// The terminal's other screen, with keys as they come. Given back when dropped, and before a panic is told.
struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    fn open() -> io::Result<Self> {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            tell(panic);
        }));
        IS_OURS.store(true, Ordering::SeqCst);
        let terminal = enable_raw_mode().and_then(|()| {
            execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
            Terminal::new(CrosstermBackend::new(io::stdout()))
        });
        terminal.map(|terminal| Self { terminal }).inspect_err(|_| give_back())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back as it was. Whatever of it fails, nobody is there to be told.
fn give_back() {
    if IS_OURS.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// The signals that end a program: they end it once the terminal was given back.
struct Signals {
    caught: Arc<AtomicUsize>,
}

impl Signals {
    fn watch() -> io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let caught = Arc::new(AtomicUsize::new(0));
        let mut watched = vec![SIGINT, SIGTERM];
        #[cfg(unix)]
        watched.extend([signal_hook::consts::SIGHUP, signal_hook::consts::SIGQUIT]);
        for signal in watched {
            let number = usize::try_from(signal).unwrap_or(0);
            signal_hook::flag::register_usize(signal, Arc::clone(&caught), number)?;
        }
        Ok(Self { caught })
    }

    fn caught(&self) -> usize {
        self.caught.load(Ordering::SeqCst)
    }

    /// Ends as the signal would have ended the program, so that whoever sent it sees that.
    fn pass_on(&self) {
        #[cfg(unix)]
        if let Some(signal) = i32::try_from(self.caught()).ok().filter(|signal| *signal != 0) {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}
