// What vitest's reports say, for scripts/test: the first line counts passed, failed and skipped tests, the others name what
// failed. Of several reports the later one counts for each file that it has: it was run again.
//
//   node scripts/results.mjs count REPORT…    node scripts/results.mjs files REPORT…    (files that failed)
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [, , what, ...reports] = process.argv;
const files = new Map();
for (const report of reports) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  for (const result of testResults) files.set(relative(process.cwd(), result.name), result);
}

const firstLine = (text) => text.split('\n', 1)[0];
const isFailed = ({ status }) => status === 'failed';
const failedFiles = [...files].filter(([, { status }]) => status === 'failed');

if (what === 'files') {
  for (const [file] of failedFiles) console.log(file);
} else {
  const tests = [...files.values()].flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  // A file may fail without a test of its own: it does not load, or what it sets up does not work.
  const whole = failedFiles.filter(([, { assertionResults }]) => !assertionResults.some(isFailed));
  const failed = tests.filter(isFailed).length + whole.length;
  console.log(`${passed} ${failed} ${tests.length + whole.length - passed - failed}`);
  for (const [file, { assertionResults }] of failedFiles) {
    for (const { fullName, failureMessages } of assertionResults.filter(isFailed)) {
      console.log(`${file}: ${fullName}: ${firstLine(failureMessages.join('\n'))}`);
    }
  }
  for (const [file, { message }] of whole) console.log(`${file}: ${firstLine(message)}`);
}
