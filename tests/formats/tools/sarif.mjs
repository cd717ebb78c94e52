// Validates a SARIF file against the JSON schema of SARIF 2.1.0, as Microsoft's matchers ship it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Ajv = require("ajv-draft-04");
const formats = require("ajv-formats");
const schema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats(ajv);
const validate = ajv.compile(schema);
const log = JSON.parse(readFileSync(process.argv[2], "utf8"));
if (!validate(log)) {
  console.error(JSON.stringify(validate.errors.slice(0, 5), null, 2));
  process.exit(1);
}
// What GitHub demands beyond the schema.
for (const run of log.runs) {
  const ids = run.tool.driver.rules.map((rule) => rule.id);
  for (const result of run.results) {
    const at = result.locations?.[0]?.physicalLocation;
    if (!at?.artifactLocation?.uri || !(at.region?.startLine >= 1)) {
      throw new Error(`no location: ${JSON.stringify(result)}`);
    }
    if (ids[result.ruleIndex] !== result.ruleId) {
      throw new Error(`another rule at its index: ${JSON.stringify(result)}`);
    }
  }
}
console.log("judged", log.runs[0].results.length);
