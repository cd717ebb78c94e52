//! The release's scripts, on a repository made for them, with a bare one as its remote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::lint::run;
use crate::{read, written};

const IMAGE: &str = "ghcr.io/owner/protodiff@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const AMD64: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const ARM64: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const BASE: &str = "https://github.example/owner/protodiff/releases/download/v1.2.3";

/// A clone at version 1.2.3 and its remote, both thrown away at the end.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = Self { folder };
        new.outside(&["init", "--quiet", "--bare", "remote.git"]);
        new.outside(&["init", "--quiet", "--initial-branch=main", "work"]);
        let work = new.work();
        for script in ["version.sh", "notes.sh", "tag.sh"] {
            let path = format!("scripts/release/{script}");
            let copy = written(&work, &path, &read(&path));
            let rights = fs::metadata(crate::root().join(&path))
                .unwrap()
                .permissions();
            fs::set_permissions(copy, rights).unwrap();
        }
        let manifest = "[package]\nname = \"protodiff\"\nversion = \"1.2.3\"\n\n[dependencies]\na = { version = \"9\" }\n";
        written(&work, "Cargo.toml", manifest);
        let changelog = "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-11-30\n\n### Added\n- This.\n\n## [1.2.2] - 2026-10-01\n- That.\n";
        written(&work, "CHANGELOG.md", changelog);
        written(&work, "action.yml", &read("action.yml"));
        new.git(&["add", "."]);
        new.git(&["commit", "--quiet", "-m", "Version 1.2.3"]);
        new.git(&["remote", "add", "origin", "../remote.git"]);
        new.git(&["tag", "--annotate", "-m", "1.2.3", "v1.2.3"]);
        new.git(&["push", "--quiet", "origin", "main", "v1.2.3"]);
        new
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A command in a folder, with no configuration of the machine's.
    fn command(program: impl AsRef<Path>, inside: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(inside)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "a")
                .env(format!("GIT_{who}_EMAIL"), "a@example.com");
        }
        command
    }

    fn outside(&self, args: &[&str]) -> String {
        let (code, said) = run(Self::command("git", self.folder.path()).args(args));
        assert_eq!(code, Some(0), "git {args:?}: {said}");
        said.trim_end().to_owned()
    }

    fn git(&self, args: &[&str]) -> String {
        let (code, said) = run(Self::command("git", &self.work()).args(args));
        assert_eq!(code, Some(0), "git {args:?}: {said}");
        said.trim_end().to_owned()
    }

    fn remote(&self, args: &[&str]) -> String {
        self.outside(&[&["--git-dir=remote.git"], args].concat())
    }

    fn script(&self, name: &str, args: &[&str]) -> (Option<i32>, String) {
        let script = self.work().join("scripts/release").join(name);
        run(Self::command(script, &self.work()).args(args))
    }

    fn tag(&self, image: &str) -> (Option<i32>, String) {
        let sums = format!(
            "{AMD64}  protodiff-linux-amd64\n{ARM64}  protodiff-linux-arm64\n{AMD64}  image.spdx.json\n"
        );
        let sums = written(self.folder.path(), "SHA256SUMS", &sums);
        self.script("tag.sh", &["v1.2.3", image, sums.to_str().unwrap(), BASE])
    }
}

#[test]
fn a_version_is_what_tag_manifest_and_changelog_agree_on() {
    let repository = Repository::new();
    let version = |tag| repository.script("version.sh", &[tag]);
    let says = |major: &str, moves: &str| {
        (
            Some(0),
            format!("version=1.2.3\nmajor={major}\nprerelease=false\nmoves={moves}\n"),
        )
    };
    assert_eq!(version("v1.2.3"), says("1", "true"));
    // Older ones, ones of another major version, and pre-releases are no reason to stay.
    for other in ["v1.2.2", "v1.10.0-rc.1", "v2.0.0", "v0.9.0", "v1"] {
        repository.git(&["tag", other]);
    }
    assert_eq!(version("v1.2.3"), says("1", "true"));
    // A fix of an old version leaves v1 where it is; 1.10 is newer than 1.2.
    repository.git(&["tag", "v1.10.0"]);
    assert_eq!(version("v1.2.3"), says("1", "false"));

    for (tag, cause) in [
        ("v1.2.4", "the tag says 1.2.4 and Cargo.toml says 1.2.3"),
        ("v1.2", "the tag v1.2 is no version"),
        ("v1.2.03", "the tag v1.2.03 is no version"),
        ("v1.2.3;id", "the tag v1.2.3;id is no version"),
    ] {
        let (code, said) = version(tag);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(cause), "{said}");
    }
}

#[test]
fn a_pre_release_moves_nothing() {
    let repository = Repository::new();
    let work = repository.work();
    for path in ["Cargo.toml", "CHANGELOG.md"] {
        let text = fs::read_to_string(work.join(path)).unwrap();
        written(&work, path, &text.replace("1.2.3", "1.3.0-rc.1"));
    }
    let said = repository.script("version.sh", &["v1.3.0-rc.1"]);
    let wanted = "version=1.3.0-rc.1\nmajor=1\nprerelease=true\nmoves=false\n";
    assert_eq!(said, (Some(0), wanted.to_owned()));
}

#[test]
fn the_text_of_a_release_is_its_section_of_the_changelog() {
    let repository = Repository::new();
    let notes = |version| repository.script("notes.sh", &[version]);
    assert_eq!(notes("1.2.3"), (Some(0), "### Added\n- This.\n".to_owned()));
    assert_eq!(notes("1.2.2"), (Some(0), "- That.\n".to_owned()));
    for missing in ["1.2", "1.2.4", "Unreleased"] {
        let (code, said) = notes(missing);
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains(&format!("has nothing under the heading \"## {missing}\"")),
            "{said}"
        );
    }
}

#[test]
fn the_tag_gets_the_image_and_the_sums_and_main_does_not() {
    let repository = Repository::new();
    let head = repository.git(&["rev-parse", "HEAD"]);
    let (code, said) = repository.tag(IMAGE);
    assert_eq!(code, Some(0), "{said}");
    let commit = said.trim_end();

    assert_eq!(repository.remote(&["rev-parse", "v1.2.3"]), commit);
    assert_eq!(
        repository.remote(&["rev-parse", &format!("{commit}^@")]),
        head
    );
    assert_eq!(repository.remote(&["rev-parse", "main"]), head);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let changed = repository.remote(&["diff", "--unified=0", &head, commit, "--", "action.yml"]);
    let lines: Vec<_> = changed
        .lines()
        .skip(4)
        .filter(|line| line.starts_with(['+', '-']))
        .collect();
    assert_eq!(
        lines,
        [
            "-  image: Dockerfile".to_owned(),
            format!("+  image: docker://{IMAGE}")
        ]
    );
    let release = repository.remote(&["show", &format!("{commit}:host/release.txt")]);
    assert_eq!(
        release,
        format!("{AMD64}  {BASE}/protodiff-linux-amd64\n{ARM64}  {BASE}/protodiff-linux-arm64")
    );

    // Again: the same commit. With another image (a job that ran again and built anew): the new one.
    assert_eq!(repository.tag(IMAGE), (Some(0), format!("{commit}\n")));
    let other = IMAGE.replace("aaaa", "bbbb");
    let (code, said) = repository.tag(&other);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(repository.remote(&["rev-parse", "v1.2.3"]), said.trim_end());
    assert_eq!(repository.remote(&["rev-parse", "v1.2.3^"]), head);
}

#[test]
fn a_tag_that_someone_moved_is_left_alone() {
    let repository = Repository::new();
    repository.git(&["commit", "--quiet", "--allow-empty", "-m", "Another"]);
    let moved = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&[
        "push",
        "--quiet",
        "--force",
        "origin",
        "HEAD:refs/tags/v1.2.3",
    ]);
    repository.git(&["checkout", "--quiet", "HEAD^"]);
    let (code, said) = repository.tag(IMAGE);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("look who moved it"), "{said}");
    assert_eq!(repository.remote(&["rev-parse", "v1.2.3"]), moved);
}

#[test]
fn an_image_without_a_digest_and_an_action_without_a_dockerfile_are_refused() {
    let repository = Repository::new();
    for image in [
        "ghcr.io/owner/protodiff:1",
        "ghcr.io/Owner/protodiff@sha256:aa",
        "a|b@sha256:aa",
    ] {
        let (code, said) = repository.tag(image);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("is no image by digest"), "{said}");
    }
    let action = read("action.yml").replace("image: Dockerfile", "image: docker://else");
    written(&repository.work(), "action.yml", &action);
    repository.git(&["commit", "--quiet", "--all", "-m", "Else"]);
    repository.git(&[
        "push",
        "--quiet",
        "--force",
        "origin",
        "HEAD:refs/tags/v1.2.3",
    ]);
    let (code, said) = repository.tag(IMAGE);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("action.yml has 0 lines"), "{said}");
}
