//! Progress on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::pipeline::progress::Progress;

/// Plain lines about pods come at most this often.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// A bar for a terminal.
#[derive(Debug)]
pub struct Bar(ProgressBar);

/// Lines for a log.
#[derive(Debug, Default)]
pub struct Lines(Mutex<Option<Instant>>);

/// The progress for this standard error.
pub fn for_stderr(quiet: bool) -> Box<dyn Progress> {
    if quiet {
        Box::new(crate::pipeline::progress::Silent)
    } else if std::io::stderr().is_terminal() {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.enable_steady_tick(Duration::from_millis(120));
        Box::new(Bar(bar))
    } else {
        Box::new(Lines::default())
    }
}

impl Progress for Bar {
    fn stage(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }

    fn pods(&self, done: usize, total: usize) {
        if done == 0
            && let Ok(style) =
                ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {pos}/{len}")
        {
            self.0.set_style(style);
            self.0.set_message("asking pods");
        }
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Lines {
    fn line(text: &str) {
        let _ = writeln!(std::io::stderr(), "protodiff: {text}");
    }
}

impl Progress for Lines {
    fn stage(&self, text: &str) {
        Self::line(text);
    }

    fn pods(&self, done: usize, total: usize) {
        let Ok(mut last) = self.0.lock() else { return };
        match *last {
            None if total == 1 => Self::line("asking 1 pod or endpoint"),
            None => Self::line(&format!("asking {total} pods or endpoints")),
            Some(at) if done < total && at.elapsed() < LINE_INTERVAL => return,
            Some(_) if done < total => Self::line(&format!("asked {done} of {total}")),
            Some(_) => return,
        }
        *last = Some(Instant::now());
    }
}
