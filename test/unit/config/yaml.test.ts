import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { readYaml } from '../../../src/config/yaml.ts';

/** What the YAML parser alone makes of it. */
function slowly(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, logLevel: 'silent' });
  expect(document.errors).toEqual([]);
  return document.toJS();
}

/** Texts that look like other things, beside any text at all. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a:', '":', '\\"', '\\', '{"a":1}', '#', '- x', '<<', '__proto__', 'null', '1e3', '\u2028', '\ud800'),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(text, fc.boolean(), fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
    fc.array(tie('any'), { maxLength: 4 }),
    tie('mapping'),
  ),
  mapping: fc.dictionary(text, tie('any'), { maxKeys: 4 }),
}));

describe('a file written as JSON', () => {
  it('says what it says as YAML, however it is indented', () => {
    fc.assert(
      fc.property(value.mapping, fc.nat(4), fc.boolean(), (mapping, indent, flush) => {
        const json = JSON.stringify(mapping, null, indent);
        const written = flush ? json.replaceAll(/\n */g, '\n') : json;
        expect(readYaml(written).data).toEqual(slowly(written));
        expect(readYaml(written).faults).toEqual([]);
      }),
    );
  });

  it('has the line of every path', () => {
    const text = JSON.stringify({ site: 'a', devices: [{ id: 'b' }, { id: 'c', profile: 'd' }] }, null, 2);
    const { lineOf } = readYaml(text);
    expect([lineOf(['site']), lineOf(['devices', 1, 'profile']), lineOf(['devices', 1, 'title'])]).toEqual([2, 9, 7]);
  });

  it.each([
    ['a key that stands twice', '{\n"a": 1,\n"b": {"c": 2, "c": 2}\n}', ['DUPLICATE_KEY', 'b.c', 3]],
    ['a key that stands twice in other words', '{\n"a": 1,\n"\\u0061": 2\n}', ['DUPLICATE_KEY', 'a', 3]],
    ['a comma too few', '{\n"a": 1\n"b": 2\n}', ['YAML_INVALID', '', 2]],
    ['a text that does not end', '{\n"a": "1\n}', ['YAML_INVALID', '', 3]],
  ])('is told of %s', (_, text, [code, path, line]) => {
    const [fault] = readYaml(text).faults;
    expect([fault?.code, fault?.path.join('.'), fault?.line]).toEqual([code, path, line]);
  });

  it('is refused when nested without end', () => {
    const { data, faults } = readYaml(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`);
    expect([data, faults[0]?.code]).toEqual([undefined, 'YAML_INVALID']);
  });
});
