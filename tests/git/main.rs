//! `git:REV[:PATH]` through the binary, on repositories that the real `git` makes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../support/tools.rs"]
mod tools;

mod diff;
mod editions;
mod kinds;
mod links;
mod paths;
mod revisions;
mod shallow;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use buffa::Message as _;
use buffa_descriptor::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

/// A file with a service, and these fields in its message.
fn schema(fields: &[&str]) -> String {
    let numbered = fields.iter().zip(1..);
    let fields: Vec<String> = numbered
        .map(|(name, number)| format!("  string {name} = {number};\n"))
        .collect();
    let fields = fields.concat();
    format!(
        "syntax = \"proto3\";\npackage a.v1;\nservice S {{ rpc Get(Req) returns (Req); }}\nmessage Req {{\n{fields}}}\n"
    )
}

/// A folder for repositories, outside of any.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A repository `repo` whose commits each have one field more in `proto/a.proto`.
    fn with_commits(commits: usize) -> Self {
        let place = Self::new();
        place.git(".", "init --quiet --initial-branch=main repo");
        for count in 1..=commits {
            let fields = ["one", "two", "three", "four", "five"];
            place.write("repo/proto/a.proto", schema(&fields[..count]));
            place.commit("repo", fields[count - 1]);
        }
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs git in a folder of the place; what it prints, trimmed.
    #[track_caller]
    fn git(&self, folder: &str, words: &str) -> String {
        let output = Command::new("git")
            .args(["-c", "protocol.file.allow=always"])
            .args(words.split(' '))
            .current_dir(self.path(folder))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "An Author")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_COMMITTER_NAME", "An Author")
            .env("GIT_COMMITTER_EMAIL", "author@example.com")
            .output()
            .expect("these tests need git");
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "git {words}: {out}{err}");
        out.trim().to_owned()
    }

    fn commit(&self, folder: &str, message: &str) -> String {
        self.git(folder, "add --all");
        self.git(folder, &format!("commit --quiet --message={message}"));
        self.git(folder, "rev-parse HEAD")
    }

    /// A clone of `repo` over git's own protocol, as a CI job makes one.
    fn clone(&self, options: &str, name: &str) {
        let url = format!("file://{}", self.path("repo").display());
        self.git(".", &format!("clone --quiet {options}{url} {name}"));
    }

    fn run(&self, folder: &str, words: &str) -> Outcome {
        self.run_with(folder, words, &[])
    }

    /// Runs the binary in a folder of the place, with nothing else in its environment.
    fn run_with(&self, folder: &str, words: &str, environment: &[(&str, &str)]) -> Outcome {
        // A folder of its own for temporary files shows whether it is cleared, and ever named.
        let temporary = self.path("temporary");
        fs::create_dir_all(&temporary).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_protodiff"))
            .args(words.split(' '))
            .current_dir(self.path(folder))
            .env_clear()
            .env("TMPDIR", &temporary)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let outcome = Outcome {
            code: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        let shown = temporary.display().to_string();
        assert!(!outcome.out.contains(&shown), "{outcome:#?}");
        assert!(!outcome.err.contains(&shown), "{outcome:#?}");
        let left: Vec<_> = fs::read_dir(&temporary).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        outcome
    }

    /// The fields of `a.v1.Req` in a source, as a proof of which revision was read.
    #[track_caller]
    fn fields(&self, folder: &str, source: &str) -> Vec<String> {
        let files = self.files(folder, source);
        let messages = files.iter().flat_map(|file| &file.message_type);
        let request = messages.filter(|message| message.name.as_deref() == Some("Req"));
        let fields = request.flat_map(|message| &message.field);
        fields.map(|field| field.name.clone().unwrap()).collect()
    }

    /// The files of a source.
    #[track_caller]
    fn files(&self, folder: &str, source: &str) -> Vec<FileDescriptorProto> {
        let target = self.path("out.binpb");
        let outcome = self.run(folder, &format!("fetch {source} -o {}", target.display()));
        assert_eq!(outcome.code, 0, "{source}: {outcome:#?}");
        FileDescriptorSet::decode_from_slice(&fs::read(target).unwrap())
            .unwrap()
            .file
    }

    /// Names of the files of a source.
    #[track_caller]
    fn names(&self, folder: &str, source: &str) -> Vec<String> {
        let files = self.files(folder, source);
        let mut names: Vec<String> = files.into_iter().filter_map(|file| file.name).collect();
        names.sort();
        names
    }

    /// A source that does not load: its error and its help.
    #[track_caller]
    fn error(&self, folder: &str, source: &str) -> (String, String) {
        let target = self.path("none.binpb");
        let outcome = self.run(folder, &format!("fetch {source} -o {}", target.display()));
        assert_eq!(outcome.code, 4, "{source}: {outcome:#?}");
        assert!(!target.exists());
        let error = outcome.err.strip_prefix("error: ").unwrap();
        let (error, help) = error.split_once("\nhelp: ").unwrap_or((error, ""));
        (error.trim().to_owned(), help.trim().to_owned())
    }
}

#[derive(Debug)]
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every file below a folder with its content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}
