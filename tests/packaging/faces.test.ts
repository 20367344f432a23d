import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { repository } from './install.js';

const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
const faces = Object.entries<{ readonly types: string; readonly default: string }>(manifest.exports)
  .filter(([, face]) => typeof face === 'object')
  .map(([path, face]) => ({
    name: path.replace(/^\./, 'hmsa'),
    types: join(repository, face.types),
    file: join(repository, face.default),
  }));

test('the faces export what is listed in exports.txt, types included', async () => {
  const program = ts.createProgram(
    faces.map(({ types }) => types),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
    },
  );
  const checker = program.getTypeChecker();
  const sections = faces.map(({ name, types }) => {
    const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(types)!)!);
    const lines = symbols.map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return target.flags & ts.SymbolFlags.Value ? symbol.name : `type ${symbol.name}`;
    });
    return `# ${name}\n\n${lines.sort().join('\n')}\n`;
  });
  // Another name is a promise: `npx vitest run tests/packaging/faces.test.ts -u` makes it.
  await expect(sections.join('\n')).toMatchFileSnapshot('exports.txt');
});

/** What the bundle of a face then computes, and what comes out. */
const programs = [
  ['hmsa', 'face.renderScene({ seed: 1, index: 0, width: 32, height: 16 }).label.length', 512],
  ['hmsa/engine', "[...face.lower({ outputs: { y: face.ops.add(face.input('x', [2]), 1) } })][0]", 8],
] as const;

test.each(programs)(
  '%s is bundled for a browser and needs nothing of Node',
  async (name, program, result) => {
    const { file } = faces.find((face) => face.name === name)!;
    const bundle = await rolldown({ input: file, platform: 'browser', onLog: () => {} });
    const { output } = await bundle.generate({ format: 'iife', name: 'face', codeSplitting: false });
    await bundle.close();
    const [chunk, ...others] = output;
    expect(others).toEqual([]);
    // What cannot be bundled stays an import.
    expect([...chunk.imports, ...chunk.dynamicImports]).toEqual([]);
    const builtins = new Set(builtinModules);
    expect(chunk.moduleIds.filter((id) => id.startsWith('node:') || builtins.has(id))).toEqual([]);
    expect(chunk.code).not.toMatch(/['"`]node:|\brequire\(/);
    // A context that has neither the globals of Node nor those of a page.
    const context = createContext({ TextDecoder, TextEncoder, MessageChannel });
    runInContext(chunk.code, context);
    expect(runInContext(program, context)).toBe(result);
  },
);

test('of the sources, those of node/ and cli/ alone name a module of Node', () => {
  const grep = (pattern: string) =>
    execFileSync('git', ['grep', '-lE', pattern, '--', 'src', ':!*.test.ts'], {
      cwd: repository,
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
      .filter((file) => !/^src\/(node|cli)\//.test(file));
  expect(grep('node:')).toEqual([]);
});
