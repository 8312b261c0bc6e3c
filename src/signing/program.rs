//! Running a program within a budget: what it reads is handed in, what it says is bounded.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Asking, SigningError};
use crate::store::Budget;

/// The program of OpenSSH that signs and checks.
pub(super) const KEYGEN: &str = "ssh-keygen";
/// The most that is read of what a program says.
const SAID_BYTES_MAX: u64 = 1024 * 1024;
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// What a program said.
pub(super) struct Said {
    pub(super) is_good: bool,
    pub(super) out: String,
    pub(super) err: String,
}

impl Said {
    /// The last thing that it complained of.
    pub(super) fn complaint(&self) -> String {
        let mut from_the_end = self.err.lines().rev().map(str::trim).filter(|line| !line.is_empty());
        from_the_end.next().unwrap_or("it says nothing").to_owned()
    }
}

/// `ssh-keygen`, which speaks English and counts time in UTC.
pub(super) fn keygen(asking: Asking) -> Command {
    let mut command = Command::new(KEYGEN);
    quiet(&mut command, asking);
    command
}

/// Fixes the language and the time zone; without a terminal, whoever asks for a passphrase is told no.
pub(super) fn quiet(command: &mut Command, asking: Asking) {
    command.env("LC_ALL", "C").env("TZ", "UTC");
    match asking {
        Asking::Terminal => {}
        Asking::Never => {
            // OpenSSH asks by way of this program, which answers nothing, instead of by the terminal.
            command.env("SSH_ASKPASS", "/bin/false").env("SSH_ASKPASS_REQUIRE", "force");
        }
    }
}

/// Runs a program to its end. What it says on stderr is shown instead of kept where somebody is asked.
pub(super) fn run(command: &mut Command, input: &[u8], asking: Asking, budget: &Budget) -> Result<Said, SigningError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |source| SigningError::Program { program: name.clone(), source };
    let err = match asking {
        Asking::Terminal => Stdio::inherit(),
        Asking::Never => Stdio::piped(),
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(err).spawn().map_err(failed)?;
    let (mut stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let out = scope.spawn(move || out.map(read).unwrap_or_default());
        let err = scope.spawn(move || err.map(read).unwrap_or_default());
        // A program that has seen enough closes its end; what it makes of that shows in its status.
        let _ = stdin.as_mut().map(|stdin| stdin.write_all(input));
        drop(stdin);
        let mut pause = FIRST_PAUSE;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                break status;
            }
            if budget.is_over() {
                let _ = child.kill().and_then(|()| child.wait());
                return Err(SigningError::TooSlow { program: name.clone() });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
        Ok(Said { is_good: status.success(), out, err })
    })
}

fn read(from: impl Read) -> String {
    let mut bytes = Vec::new();
    let mut from = from.take(SAID_BYTES_MAX);
    let _ = from.read_to_end(&mut bytes);
    // The rest goes nowhere, so that the program does not wait for a reader.
    let _ = std::io::copy(&mut from.into_inner(), &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}
