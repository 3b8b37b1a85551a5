//! Tells what is being done, how long it has been going on, and at the end what came of it.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

pub(crate) struct Steps {
    total: usize,
    begun: Instant,
    done: Vec<Done>,
    number: usize,
}

struct Done {
    title: String,
    took: Duration,
    outcome: Outcome,
}

enum Outcome {
    Passed(String),
    Failed(String),
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        Self { total, begun: Instant::now(), done: Vec::new(), number: 0 }
    }

    /// Prints the heading of the next step.
    pub(crate) fn announce(&mut self, title: &str) {
        self.number += 1;
        let heading = format!("[{}/{}] {title}", self.number, self.total);
        println!("\n{}  {}", bold(&heading), faint(&clock(self.begun.elapsed())));
    }

    /// A step that the following ones need: its failure is the end.
    pub(crate) fn run<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.announce(title);
        let begun = Instant::now();
        let result = work();
        if result.is_ok() {
            let took = begun.elapsed();
            println!("  {}", faint(&format!("done in {}", clock(took))));
            self.done.push(Done { title: title.to_owned(), took, outcome: Outcome::Passed(String::new()) });
        }
        result
    }

    /// A step that says something about the code and that nothing depends on: its failure is kept for the end.
    /// What it returns is what it covered.
    pub(crate) fn check(&mut self, title: &str, work: impl FnOnce() -> Result<String>) {
        self.announce(title);
        let begun = Instant::now();
        let outcome = match work() {
            Ok(covered) => Outcome::Passed(covered),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        let took = begun.elapsed();
        match &outcome {
            Outcome::Passed(_) => println!("  {}", faint(&format!("done in {}", clock(took)))),
            Outcome::Failed(why) => println!("  {} {why}", bold("FAILED:")),
        }
        self.done.push(Done { title: title.to_owned(), took, outcome });
    }

    /// Prints what came of each step; an error if a check failed.
    pub(crate) fn finish(&self) -> Result<()> {
        println!("\n{}", bold("What was done"));
        let mut failed = 0;
        for done in &self.done {
            let (mark, note) = match &done.outcome {
                Outcome::Passed(covered) => ("ok    ", covered),
                Outcome::Failed(why) => {
                    failed += 1;
                    ("FAILED", why)
                }
            };
            println!("  {mark} {:>6}  {:<44} {note}", clock(done.took), done.title);
        }
        println!("  in all {:>6}", clock(self.begun.elapsed()));
        if failed > 0 {
            bail!("{failed} of {} steps failed.", self.done.len());
        }
        Ok(())
    }
}

/// `0:07`, `12:30`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn styled(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

fn bold(text: &str) -> String {
    styled("1", text)
}

pub(crate) fn faint(text: &str) -> String {
    styled("2", text)
}

/// A line under a step's heading.
pub(crate) fn note(text: &str) {
    println!("  {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_lets_the_rest_run_and_fails_the_whole() {
        let mut steps = Steps::new(2);
        steps.check("one", || bail!("no"));
        steps.check("two", || Ok(String::from("SQLite")));
        let error = steps.finish().expect_err("one check failed");
        assert_eq!(error.to_string(), "1 of 2 steps failed.");
    }

    #[test]
    fn time_is_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(7_900)), "0:07");
        assert_eq!(clock(Duration::from_secs(750)), "12:30");
    }
}
