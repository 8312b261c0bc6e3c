//! A terminal, by way of `script`: what a person sees who types there.

use std::io::Write;
use std::process::Stdio;

use super::Sandbox;

/// Whether a program is here. What can't be tried is told, not passed over in silence.
pub(crate) fn has(program: &str) -> bool {
    let found = std::process::Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap();
    if !found.status.success() {
        let _ =
            writeln!(std::io::stderr(), "skipped: {}: no {program} here", std::thread::current().name().unwrap_or("?"));
    }
    found.status.success()
}

impl Sandbox {
    /// Runs a line on a terminal of 80 columns while somebody types `typed`; what stands there then, with its colours. `None`
    /// where there is no `script`.
    pub(crate) fn on_terminal(&self, line: &str, typed: &str) -> Option<String> {
        if !has("script") {
            return None;
        }
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &format!("stty cols 80 rows 24; {line}"), "/dev/null"]);
        self.isolate(&mut command);
        command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        keys.write_all(typed.as_bytes()).unwrap();
        // An end of the input would be an end of the terminal: it stays open until the line is done.
        let output = child.wait_with_output().unwrap();
        drop(keys);
        Some(self.redacted(&output.stdout).replace("\r\n", "\n"))
    }
}
