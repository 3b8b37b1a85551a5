//! Runs other programs: what is run is shown, and what fails says so in one sentence.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::step::faint;

/// How often a process that is waited for is looked at.
const TICK: Duration = Duration::from_millis(50);

/// Runs it with its own output on the screen. It is given nothing to read, so it cannot wait for an answer.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("  {}", faint(&format!("$ {}", shown(command))));
    let status = command.stdin(Stdio::null()).status().with_context(|| not_started(command))?;
    judge(command, status)
}

/// As [`run`], and ends it with all that it started once `limit` has passed.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    println!("  {}", faint(&format!("$ {}", shown(command))));
    let mut child = command.stdin(Stdio::null()).spawn().with_context(|| not_started(command))?;
    match wait(&mut child, limit)? {
        Some(status) => judge(command, status),
        None => {
            end_tree(child.id());
            let _ = child.wait();
            bail!("`{}` was ended: it had not finished after {} s", shown(command), limit.as_secs())
        }
    }
}

/// What it prints on its standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| not_started(command))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", shown(command), output.status, words.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether it can be run and ends well. Says nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The program of this name in `PATH`.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Waits for its end, at most so long.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= limit {
            return Ok(None);
        }
        sleep(TICK);
    }
}

/// Asks `ready` again and again until it says yes; an error when the process ends first or `limit` passes.
pub(crate) fn wait_until(child: &mut Child, limit: Duration, ready: impl Fn() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !ready() {
        if let Some(status) = child.try_wait()? {
            bail!("it ended at once ({status})");
        }
        if begun.elapsed() >= limit {
            bail!("it was not ready after {} s", limit.as_secs());
        }
        sleep(TICK);
    }
    Ok(())
}

/// Asks it to end with the named signal and ends it by force if it does not within `limit`.
pub(crate) fn stop(child: &mut Child, signal: &str, limit: Duration) {
    send(signal, child.id());
    if !matches!(wait(child, limit), Ok(Some(_))) {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The shell's own `kill`: a bare machine need not have the program, and std has no call for it.
pub(crate) fn send(signal: &str, process: u32) {
    succeeds(Command::new("sh").args(["-c", &format!("kill -{signal} {process}")]));
}

/// A port on loopback that nobody listens on just now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no port on 127.0.0.1 is free")?;
    Ok(listener.local_addr()?.port())
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    command.get_args().fold(name.into_owned(), |line, argument| {
        let argument = argument.to_string_lossy();
        if argument.contains(' ') { format!("{line} '{argument}'") } else { format!("{line} {argument}") }
    })
}

fn not_started(command: &Command) -> String {
    format!("`{}` could not be started", shown(command))
}

fn judge(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status}); its own words are above", shown(command));
    }
    Ok(())
}

/// Ends a process and its descendants, as far as the system lets us see them.
fn end_tree(process: u32) {
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id: u32| Some((id, parent(id)?)))
        .collect();
    let mut ending = vec![process];
    let mut next = 0;
    while let Some(&of) = ending.get(next) {
        ending.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(id, _)| *id));
        next += 1;
    }
    for id in ending {
        send("KILL", id);
    }
}

fn parent(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlives_its_limit_is_ended_with_its_children() {
        let begun = Instant::now();
        let marker = std::env::temp_dir().join(format!("xtask-end-tree-{}", std::process::id()));
        let script = format!("(sleep 2; touch {}) & wait", marker.display());
        let error = run_within(Command::new("sh").args(["-c", &script]), Duration::from_millis(200))
            .expect_err("it takes longer");
        assert!(error.to_string().contains("was ended"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(2));
        sleep(Duration::from_millis(2500));
        assert!(!marker.exists(), "the child went on");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).expect_err("it fails");
        assert!(error.to_string().starts_with("`sh -c 'exit 3'` failed (exit status: 3)"), "{error}");
    }
}
