import { isUtf8 } from 'node:buffer';
import { describeFileError } from '../files.ts';
import type { ImportFiles } from './conf-glob.ts';
import type { Position, Remarks } from './remark.ts';

/**
 * The text of a file; undefined, with a mistake among the remarks, when it cannot be read. Files that are older than
 * UTF-8 have ISO 8859-1 in their comments, of which keepalived and shells take no notice.
 */
export function readTextFile(file: string, files: ImportFiles, remarks: Remarks, at: Position): string | undefined {
  try {
    const bytes = files.read(file);
    if (bytes.includes(0)) {
      remarks.mistake(at, `${file} cannot be read: it is not text`);
      return undefined;
    }
    if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
    const text = Buffer.from(bytes).toString('latin1');
    const line = text.slice(0, text.search(/[\x80-\xff]/)).split('\n').length;
    remarks.note({ file, line, column: 1 }, 'is not UTF-8 here: it is taken for ISO 8859-1');
    return text;
  } catch (cause) {
    remarks.mistake(at, `${file} cannot be read: ${describeFileError(cause)}`);
    return undefined;
  }
}
