//! The house's rules, read off the sources: what each room may use, and how large things are.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// What would make `core` impure or asynchronous.
const NOT_IN_CORE: [&str; 14] = [
    "tokio",
    "kube",
    "k8s_openapi",
    "tonic",
    "octocrab",
    "hyper",
    "reqwest",
    "futures",
    "std::fs",
    "std::env",
    "std::time",
    "std::process",
    "std::thread",
    "std::net::Tcp",
];

/// Rooms that touch the world. None knows another, but for the client that two of them share.
const ADAPTERS: [&str; 4] = ["discover", "connect", "reflect", "truth"];

/// Every source file below `src`, with its path there and its lines.
fn sources() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                let text = fs::read_to_string(&path).unwrap();
                found.push((name, text.lines().map(ToOwned::to_owned).collect()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "the sources were found");
    found
}

/// The room of a file: `core/judge.rs` → `core`.
fn room(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap()
}

/// Code lines: comments and documentation may speak of anything.
fn code(lines: &[String]) -> impl Iterator<Item = (usize, &str)> {
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_start()))
        .filter(|(_, line)| !line.starts_with("//"))
}

/// Whether a name stands in a line as a name of its own, and not inside a longer one or a string.
fn names(line: &str, name: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + name.len()..];
        let quoted = line[..at].matches('"').count() % 2 == 1;
        !quoted && !before.is_some_and(in_word) && after.starts_with([':', ';', ',', '}', ' '])
            || name.ends_with("Tcp") && !quoted
    })
}

#[test]
fn core_is_pure_and_synchronous() {
    let mut wrong = Vec::new();
    for (path, lines) in sources() {
        if room(&path) != "core" {
            continue;
        }
        for (number, line) in code(&lines) {
            for name in NOT_IN_CORE {
                if names(line, name) {
                    wrong.push(format!("src/{path}:{number}: {name}"));
                }
            }
            if line.contains("async ") || line.contains(".await") {
                wrong.push(format!("src/{path}:{number}: async"));
            }
            if let Some((_, rest)) = line.split_once("crate::")
                && !rest.starts_with("core")
            {
                wrong.push(format!("src/{path}:{number}: another room"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn adapters_do_not_know_one_another() {
    let mut wrong = Vec::new();
    for (path, lines) in sources() {
        let own = room(&path);
        if !ADAPTERS.contains(&own) {
            continue;
        }
        for (number, line) in code(&lines) {
            for (at, _) in line.match_indices("crate::") {
                let used = line[at + "crate::".len()..]
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap();
                let shared = used == "kubernetes" && (own == "connect" || own == "discover");
                if used != own && used != "core" && !shared {
                    wrong.push(format!("src/{path}:{number}: {used}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rendering_uses_core_alone_and_the_api_client_nothing() {
    let mut wrong = Vec::new();
    for (path, lines) in sources() {
        let allowed: &[&str] = match room(&path) {
            "render" => &["render", "core"],
            "kubernetes" => &["kubernetes"],
            "publish" => &["publish", "render", "core"],
            _ => continue,
        };
        for (number, line) in code(&lines) {
            if let Some((_, rest)) = line.split_once("crate::")
                && !allowed.iter().any(|room| rest.starts_with(room))
            {
                wrong.push(format!("src/{path}:{number}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_fit_a_reader() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let long: Vec<String> = sources()
        .into_iter()
        .map(|(path, lines)| (path, lines.len()))
        .filter(|(path, lines)| *lines >= if path == "main.rs" { 80 } else { 400 })
        .map(|(path, lines)| format!("src/{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
    let mut folders = ["tests", "benches", "fuzz/fuzz_targets"]
        .map(|name| root.join(name))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let lines = std::fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines < 400, "{}: {lines} lines", path.display());
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(path, lines)| {
            !path.ends_with("tests.rs") && !lines.first().is_some_and(|l| l.starts_with("//! "))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn no_drawer_for_the_rest() {
    let drawers: Vec<String> = sources()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            path.trim_end_matches(".rs").split('/').any(|part| {
                [
                    "util", "utils", "helper", "helpers", "common", "manager", "misc",
                ]
                .contains(&part)
            })
        })
        .collect();
    assert!(drawers.is_empty(), "{drawers:#?}");
}

#[test]
fn the_reader_of_sources_sees_what_it_should() {
    assert!(names("use tokio::net::TcpStream;", "tokio"));
    assert!(names("let x = std::time::Instant::now();", "std::time"));
    assert!(names("use std::net::TcpListener;", "std::net::Tcp"));
    assert!(!names("use std::net::IpAddr;", "std::net::Tcp"));
    assert!(!names("let kubelet = 1;", "kube"));
    assert!(!names("let text = \"tokio: x\";", "tokio"));
}
