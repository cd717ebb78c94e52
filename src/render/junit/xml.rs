//! Suites → XML, in the elements and attributes that all readers of JUnit XML know.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::super::sentence::short;
use super::{Case, Fault, Outcome, Suite};

type Out = Writer<Vec<u8>>;

/// Tests, failures and errors.
#[derive(Default, Clone, Copy)]
struct Counts([usize; 3]);

impl Counts {
    fn of(suite: &Suite) -> Self {
        let count = |which: fn(&Outcome) -> bool| {
            suite
                .cases
                .iter()
                .filter(|case| which(&case.outcome))
                .count()
        };
        Self([
            suite.cases.len(),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::Broken(_))),
        ])
    }

    fn attributes(self) -> [(&'static str, String); 3] {
        let [tests, failures, errors] = self.0.map(|count| count.to_string());
        [("tests", tests), ("failures", failures), ("errors", errors)]
    }
}

/// The document. Only the whole has a time: workloads are read at the same time.
pub(super) fn write(suites: &[Suite], total_ms: u64) -> io::Result<String> {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut all = Counts::default();
    for suite in suites {
        for (sum, count) in all.0.iter_mut().zip(Counts::of(suite).0) {
            *sum += count;
        }
    }
    let time = format!("{}.{:03}", total_ms / 1000, total_ms % 1000);
    let mut element = out
        .create_element("testsuites")
        .with_attribute(("name", "protodiff"))
        .with_attribute(("time", time.as_str()));
    for (name, value) in all.attributes() {
        element = element.with_attribute((name, value.as_str()));
    }
    element
        .write_inner_content(|out| suites.iter().try_for_each(|suite| write_suite(out, suite)))?;
    let mut bytes = out.into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn write_suite(out: &mut Out, suite: &Suite) -> io::Result<()> {
    let name = short(&suite.name);
    let mut element = out
        .create_element("testsuite")
        .with_attribute(("name", name.as_str()));
    for (name, value) in Counts::of(suite).attributes() {
        element = element.with_attribute((name, value.as_str()));
    }
    element.write_inner_content(|out| {
        if !suite.properties.is_empty() {
            out.create_element("properties")
                .write_inner_content(|out| {
                    suite.properties.iter().try_for_each(|(key, value)| {
                        out.create_element("property")
                            .with_attribute(("name", *key))
                            .with_attribute(("value", short(value).as_str()))
                            .write_empty()
                            .map(drop)
                    })
                })?;
        }
        suite
            .cases
            .iter()
            .try_for_each(|case| write_case(out, &name, case))
    })?;
    Ok(())
}

fn write_case(out: &mut Out, suite: &str, case: &Case) -> io::Result<()> {
    let name = short(&case.name);
    let element = out
        .create_element("testcase")
        .with_attribute(("classname", suite))
        .with_attribute(("name", name.as_str()));
    if matches!(case.outcome, Outcome::Passed) && case.output.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|out| {
        match &case.outcome {
            Outcome::Passed => {}
            Outcome::Failed(fault) => write_fault(out, "failure", fault)?,
            Outcome::Broken(fault) => write_fault(out, "error", fault)?,
        }
        if !case.output.is_empty() {
            out.create_element("system-out")
                .write_text_content(BytesText::new(&case.output))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_fault(out: &mut Out, element: &str, fault: &Fault) -> io::Result<()> {
    out.create_element(element)
        .with_attribute(("type", fault.kind.as_str()))
        .with_attribute(("message", fault.message.as_str()))
        .write_text_content(BytesText::new(&fault.text))?;
    Ok(())
}
