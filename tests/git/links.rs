//! Symbolic links in a tree, and trees that no `git add` would make.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::{Place, schema};

fn linked(links: &[(&str, &str)]) -> Place {
    let place = Place::with_commits(0);
    place.write("repo/real/a.proto", schema(&["one"]));
    for (link, target) in links {
        let path = place.path("repo").join(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }
    place.commit("repo", "links");
    place
}

#[test]
fn links_that_stay_inside_are_followed() {
    let place = linked(&[
        ("proto", "real"),
        ("deep/er/proto", "../../proto"),
        ("files/b.proto", "../real/a.proto"),
        ("hidden/x", "../.store"),
    ]);
    place.write("repo/.store/s.proto", schema(&["hidden"]));
    place.write("repo/.store/nothing.txt", "");
    place.commit("repo", "store");
    assert_eq!(place.names("repo", "git:HEAD:proto"), ["a.proto"]);
    assert_eq!(place.names("repo", "git:HEAD:deep"), ["er/proto/a.proto"]);
    assert_eq!(place.names("repo", "git:HEAD:deep/er/proto"), ["a.proto"]);
    assert_eq!(place.names("repo", "git:HEAD:files"), ["b.proto"]);
    assert_eq!(place.names("repo", "git:HEAD:files/b.proto"), ["b.proto"]);
    assert_eq!(place.fields("repo", "git:HEAD:hidden"), ["hidden"]);
}

#[test]
fn the_same_links_mean_the_same_on_disk() {
    let place = linked(&[
        ("proto", "real"),
        ("again/proto", "../real"),
        ("real/loop", ".."),
    ]);
    for path in ["proto", "again", "real"] {
        let on_disk = place.names("repo", path);
        assert_eq!(place.names("repo", &format!("git:HEAD:{path}")), on_disk);
    }
}

#[test]
fn links_that_lead_outside_are_left_out() {
    let place = Place::new();
    place.write("secret/secret.proto", schema(&["secret"]));
    let secret = place.path("secret").display().to_string();
    let file = format!("{secret}/secret.proto");
    let up = "../".repeat(40);
    let place = {
        let other = linked(&[
            ("real/absolute", &secret),
            ("real/absolute.proto", &file),
            ("real/up", &format!("{up}{}", &secret[1..])),
            ("real/up.proto", &format!("{up}{}", &file[1..])),
            ("real/into", ".git"),
            ("real/self.proto", "self.proto"),
            ("real/gone.proto", "gone/a.proto"),
            ("up", "real/.."),
            ("real/over", "../up/../../secret"),
        ]);
        assert_eq!(other.names("repo", "git:HEAD:real"), ["a.proto"]);
        other
    };
    let words = "diff --live git:HEAD:real --truth git:HEAD:real --format json";
    let report = place.run("repo", words).json();
    let notes = report["notes"].to_string();
    for link in ["absolute", "up", "self", "gone"] {
        let part = format!("`real/{link}.proto` is a symbolic link that leads to no file");
        assert!(notes.contains(&part), "{report:#}");
    }
    let (error, _) = place.error("repo", "git:HEAD:real/absolute");
    assert!(error.contains("leads out of the repository"), "{error}");
    let (error, _) = place.error("repo", "git:HEAD:real/self.proto");
    assert!(error.contains("in a circle"), "{error}");
}

impl Place {
    /// Writes a tree as it is given: mode, object, name.
    fn tree(&self, entries: &[(&str, &str, &str)]) -> String {
        let mut bytes = Vec::new();
        for (mode, object, name) in entries {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend(
                (0..20).map(|at| u8::from_str_radix(&object[at * 2..at * 2 + 2], 16).unwrap()),
            );
        }
        self.object("tree", &bytes)
    }

    fn object(&self, kind: &str, bytes: &[u8]) -> String {
        let mut git = Command::new("git")
            .args(["hash-object", "-w", "--literally", "--stdin", "-t", kind])
            .current_dir(self.path("repo"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

#[test]
fn names_in_a_tree_lead_nowhere_else() {
    let place = Place::with_commits(1);
    let outside = place.path("outside");
    fs::create_dir(&outside).unwrap();
    let good = place.object("blob", schema(&["good"]).as_bytes());
    let evil = place.object("blob", b"evil");
    let folder = place.tree(&[("100644", &evil, "evil.proto")]);
    let link = place.object("blob", outside.display().to_string().as_bytes());
    let temporary = format!("{}/evil.proto", outside.display());
    let root = place.tree(&[
        ("100644", &evil, "../evil.proto"),
        ("100644", &evil, &temporary),
        ("40000", &folder, ".."),
        ("40000", &folder, ".git"),
        ("40000", &folder, ""),
        ("100644", &good, "a.proto"),
        // A link, and a folder of the same name to write through it.
        ("120000", &link, "x"),
        ("40000", &folder, "x"),
        // One name twice.
        ("100644", &evil, "a.proto"),
    ]);
    let commit = place.git("repo", &format!("commit-tree {root} -m evil"));
    let before = place.git(".", "--version");
    assert_eq!(
        place.fields("repo", &format!("git:{commit}:a.proto")),
        ["good"]
    );
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(place.git(".", "--version"), before);
    let (error, _) = place.error("repo", &format!("git:{commit}"));
    assert!(error.contains("x/evil.proto"), "{error}");
}

/// A tree ten times inside of itself, twelve times over: ten to the power of twelve folders, if each
/// were looked at.
fn repeated(place: &Place, mut tree: String) -> String {
    for _ in 0..12 {
        let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
        let entries: Vec<_> = names
            .iter()
            .map(|name| ("40000", &*tree, &**name))
            .collect();
        tree = place.tree(&entries);
    }
    tree
}

#[test]
fn trees_that_repeat_themselves_end() {
    let place = Place::with_commits(1);
    let text = place.object("blob", b"no schema");
    let tree = repeated(&place, place.tree(&[("100644", &text, "a.txt")]));
    let schema = place.object("blob", schema(&["one"]).as_bytes());
    let root = place.tree(&[("100644", &schema, "a.proto"), ("40000", &tree, "bomb")]);
    let commit = place.git("repo", &format!("commit-tree {root} -m bomb"));
    assert_eq!(place.fields("repo", &format!("git:{commit}")), ["one"]);
    // The same with a schema at the end of each path.
    let tree = repeated(&place, place.tree(&[("100644", &schema, "a.proto")]));
    let commit = place.git("repo", &format!("commit-tree {tree} -m bomb"));
    let (error, _) = place.error("repo", &format!("git:{commit}"));
    assert!(error.contains("more than 20000 files"), "{error}");
}
