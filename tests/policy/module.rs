//! A module's own `buf.yaml`, from the file to the verdict.

use crate::scan::run;

/// A module with a field that live does not have, and this `breaking` section.
fn verdict(section: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let module = |name: &str, package: &str, field: &str, section: &str| {
        let root = folder.path().join(name);
        std::fs::create_dir_all(root.join("api")).unwrap();
        std::fs::write(root.join("buf.yaml"), format!("version: v2\n{section}")).unwrap();
        let text = format!(
            "syntax = \"proto3\"; package {package}; message M {{ string a = 1; {field} }} service S {{ rpc Call(M) returns (M); }}"
        );
        std::fs::write(root.join("api/a.proto"), text).unwrap();
        root.to_str().unwrap().to_owned()
    };
    let truth = module("truth", "shop.v1beta1", "string note = 2;", section);
    let live = module("live", "shop.v1beta1", "", "");
    let (output, _) = run(&["diff", "--live", &live, "--truth", &truth]);
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn each_way_to_let_something_pass_is_honoured_and_said() {
    assert_eq!(verdict("").0, Some(1));
    for (section, words) in [
        (
            "breaking:\n  except: [FIELD_NO_DELETE]\n",
            "`except` has FIELD_NO_DELETE",
        ),
        ("breaking:\n  ignore: [api]\n", "`ignore` has"),
        (
            "breaking:\n  ignore_only:\n    FIELD_NO_DELETE: [api/a.proto]\n",
            "`ignore_only` has FIELD_NO_DELETE",
        ),
        (
            "breaking:\n  ignore_unstable_packages: true\n",
            "`ignore_unstable_packages` is set",
        ),
    ] {
        let (code, text) = verdict(section);
        assert_eq!(code, Some(0), "{section}{text}");
        assert!(text.contains(words), "{section}{text}");
    }
}

#[test]
fn what_is_not_named_still_counts() {
    for section in [
        "breaking:\n  except: [ENUM_VALUE_NO_DELETE]\n",
        "breaking:\n  ignore: [other]\n",
        "breaking:\n  ignore_only:\n    FIELD_NO_DELETE: [other/a.proto]\n",
        "breaking:\n  use: [FILE]\n",
    ] {
        let (code, text) = verdict(section);
        assert_eq!(code, Some(1), "{section}{text}");
    }
}
