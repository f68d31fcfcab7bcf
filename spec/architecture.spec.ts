/**
 * The rules of the house, read off the sources. Most are absences: what only one file may do, so that there is one
 * place to look for it. A rule that must give way is changed here, with its reason.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT } from '../fixtures/program.ts'

const test = suite('architecture')

interface Source {
  /** Path from the repository's root. */
  readonly path: string
  readonly text: string
  /** The text without comments. */
  readonly code: string
  readonly imports: readonly Import[]
}

interface Import {
  /** For our own files the path from the root, else the package. */
  readonly from: string
  /** What stands between `import` and `from`; empty for `import('...')`. */
  readonly what: string
  readonly isLazy: boolean
}

const sources: readonly Source[] = ['lib', 'bin', 'spec', 'fixtures'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .toSorted()
    .map((name) => readSource(join(room, name))),
)
const within = (...rooms: readonly string[]): readonly Source[] =>
  sources.filter(({ path }) => rooms.some((room) => path.startsWith(`${room}/`)))

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8')
  // A comment starts a line or follows a blank; what looks like one inside of a text does so in none of our files.
  const code = text.replaceAll(/(^|\s)\/\*[\s\S]*?\*\//g, '$1').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
  const resolved = (from: string): string => (from.startsWith('.') ? join(dirname(path), from) : from)
  const imports = [
    ...[...code.matchAll(/^(?:import|export)\s([^'"]*?)\sfrom '([^']+)'/gm)].map(([, what = '', from = '']) => ({
      from: resolved(from),
      what,
      isLazy: false,
    })),
    ...[...code.matchAll(/^import '([^']+)'/gm)].map(([, from = '']) => ({
      from: resolved(from),
      what: '',
      isLazy: false,
    })),
    ...[...code.matchAll(/\bimport\('([^']+)'\)/g)].map(([, from = '']) => ({
      from: resolved(from),
      what: '',
      isLazy: true,
    })),
  ]
  return { path, text, code, imports }
}

/** Fails with every place where a rule is broken. */
function none(broken: readonly string[], reason: string): void {
  if (broken.length > 0) throw new Error(`${reason}:\n      ${broken.join('\n      ')}`)
}

/** The files, but for those that may, in whose code the pattern occurs. */
const using = (files: readonly Source[], pattern: RegExp, allowed: Readonly<Record<string, string>> = {}): string[] =>
  files
    .filter(({ path }) => !(path in allowed))
    .flatMap(({ path, code }) => {
      const match = pattern.exec(code)
      return match ? [`${path}: ${match[0].trim()}`] : []
    })

/** The rooms from the ground up: an import may go to the same floor or a lower one. */
const ROOMS = [
  'lib/errors.ts',
  'lib/clock.ts',
  'lib/version.ts',
  'lib/job/',
  'lib/schedule/',
  'lib/disk/',
  'lib/config/',
  'lib/spool/',
  'lib/journal/',
  'lib/hooks/',
  'lib/run/',
  'lib/query/',
  'lib/operator/',
  'lib/catalog/',
  'lib/doctor/',
  'lib/queue-reader.ts',
  'lib/worker/',
  'lib/queue.ts',
  'lib/index.ts',
  'lib/service/',
  'lib/http/',
  'lib/cli/',
  'bin/',
]
const floorOf = (path: string): number => ROOMS.findIndex((room) => path.startsWith(room))

/** What the pages may import from outside their room: types, and of these pure files what they say. */
const TYPES_FOR_PAGES = ['lib/web/', 'lib/job/', 'lib/http/openapi/']
const PURE_FOR_PAGES = ['lib/job/attempts.ts', 'lib/job/job.ts', 'lib/job/state.ts', 'lib/job/shell-quote.ts']

test('imports point only downward', () => {
  const broken = within('lib', 'bin')
    .filter(({ path }) => !path.startsWith('lib/web/'))
    .flatMap(({ path, imports }) => {
      if (floorOf(path) < 0) return [`${path} is in no room`]
      return imports
        .filter(({ from }) => /^(lib|bin)\//.test(from) && (floorOf(from) < 0 || floorOf(from) > floorOf(path)))
        .map(({ from }) => `${path} imports ${from}`)
    })
  none(broken, 'so that each room can be understood without those above it')
})

test('no file imports itself by way of others', () => {
  const graph = new Map(
    within('lib', 'bin').map(({ path, imports }) => [
      path,
      imports.filter(({ what, isLazy }) => !what.startsWith('type ') && !isLazy).map(({ from }) => from),
    ]),
  )
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
    else if (!done.has(path)) for (const next of graph.get(path) ?? []) visit(next, [...way, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  none(circles, 'a circle has no lower end to begin reading at')
})

test('only lib/disk/files.ts and trees.ts change names, directories and times', () => {
  const door =
    /^(rename|unlink|rm|rmdir|mkdir|mkdtemp|link|symlink|utimes|lutimes|futimes|copyFile|cp|truncate|chmod|chown|writeFile|appendFile|createWriteStream)(Sync)?$/
  const broken = within('lib')
    .filter(({ path }) => path !== 'lib/disk/files.ts' && path !== 'lib/disk/trees.ts')
    .flatMap(({ path, imports }) => [
      ...imports
        .filter(({ from }) => /^(fs-extra|graceful-fs)\b/.test(from))
        .map(({ from }) => `${path} imports ${from}`),
      ...imports
        .filter(({ from }) => /^(node:)?fs(\/promises)?$/.test(from))
        .flatMap(({ what }) => what.split(/[{},\s]+/).filter((name) => door.test(name) || name === '*'))
        .map((name) => `${path} imports ${name}`),
    ])
  none(broken, 'one door to the disk: every crash point is in one file, those of whole trees in another')
})

test('the pages import of ours types and a few pure files, and nothing of Node', () => {
  const broken = within('lib/web').flatMap(({ path, imports }) =>
    imports
      .filter(({ from, what }) => {
        if (from.startsWith('node:')) return true
        if (!from.startsWith('lib/') || from.startsWith('lib/web/') || PURE_FOR_PAGES.includes(from)) return false
        return !TYPES_FOR_PAGES.some((room) => from.startsWith(room)) || !/^type\s/.test(what)
      })
      .map(({ from }) => `${path} imports ${from}`),
  )
  none(broken, 'they run in a browser')
})

test('the pages never read text as HTML or as a program', () => {
  none(
    using(
      within('lib/web'),
      /\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|srcdoc|eval)\b|\bdocument\.write/,
    ),
    'commands, errors and output of jobs are hostile',
  )
})

test('only lib/clock.ts asks for the time and for chance', () => {
  const clock = { 'lib/clock.ts': 'it is the clock', 'lib/web/clock.ts': 'it is the clock of the browser' }
  const asks = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.hrtime\b/
  none(using(within('lib'), asks, clock), 'time is an argument, so that tests own it')
})

test('only lib/config/env.ts reads the environment', () => {
  const allowed = {
    'lib/config/env.ts': 'it is the reader',
    'lib/run/launch.ts': 'hands the whole environment on to jobs, and reads nothing in it',
    'lib/run/foreground.ts': 'hands the whole environment on to a job outside the queue, and reads nothing in it',
    'lib/hooks/command.ts': 'hands the whole environment on to hooks, and reads nothing in it',
    'lib/worker/start.ts': 'hands the whole environment on to a worker in the background, and reads nothing in it',
    'lib/worker/init.ts': 'hands the whole environment on to the worker below it, and reads nothing in it',
  }
  none(
    using(within('lib'), /\bprocess\.env\b|from 'node:process'/, allowed),
    'what goes before what is decided in one place',
  )
  const handedOn = within('lib').filter(({ path }) => path in allowed && path !== 'lib/config/env.ts')
  none(using(handedOn, /process\.env(\.|\[)/), 'handing on is not reading')
})

test('only named files start programs', () => {
  const allowed = {
    'lib/run/launch.ts': 'starts the jobs that no shell can be asked to start',
    'lib/run/shell.ts': 'the shells that start jobs',
    'lib/run/foreground.ts': 'starts a job outside the queue',
    'lib/worker/start.ts': 'starts workers in the background, and systemd-notify(1): Node has no such sockets',
    'lib/worker/init.ts': 'what reaps for a worker that is PID 1',
    'lib/service/supervisor.ts': 'systemctl(1), launchctl(1)',
    'lib/run/output-cap.ts': 'fallocate(1) punches holes: Node cannot',
    'lib/hooks/command.ts': 'starts the commands of hooks, which are no jobs',
    'lib/cli/input/editor.ts': 'starts the editor',
    'lib/cli/output/open-browser.ts': 'starts the browser',
    'lib/disk/process-table.ts': 'ps(1), where there is no /proc',
    'lib/disk/fifo.ts': 'mkfifo(1): Node cannot',
    'lib/disk/process.ts': 'ps(1), where there is no /proc',
    'lib/spool/enqueue.ts': 'sync(1) flushes a whole batch at once',
  }
  none(using(within('lib'), /'node:child_process'|'child_process'/, allowed), 'each kind of child has one place')
})

test('only lib/cli and bin write to standard output and error, or end the process', () => {
  const rest = within('lib').filter(({ path }) => !path.startsWith('lib/cli/'))
  none(
    using(rest, /\bprocess\.(stdout|stderr|exit|exitCode)\b|\bconsole\./),
    'stdout is data: nothing below the keyboard may speak on it',
  )
})

test('only named files write to the terminal what is not made harmless first', () => {
  const allowed = {
    'lib/cli/terminal.ts': 'makes all else harmless',
    'lib/cli/top/screen.ts': 'control sequences of its own around lines made harmless',
    'lib/cli/output/refresh.ts': 'the same',
    'lib/cli/commands/logs.ts': 'output of jobs, where stdout is no terminal',
    'lib/cli/commands/show.ts': 'a job as a script, where stdout is no terminal',
    'lib/cli/output/follow-format.ts': 'output of jobs, where stdout is no terminal or the job was run in it',
  }
  none(using(within('lib/cli'), /\bio\.write\(|\bpassStderr\(/, allowed), 'cleaning belongs to the sink')
  const json = using(within('lib/cli'), /\bprint\w*\([^\n]*JSON\.stringify/)
  none(json, 'jsonText() escapes what would be harmful on a terminal')
})

test('lib/cli opens no file of the home', () => {
  none(
    using(
      within('lib/cli'),
      /\b(open|read|readFile|readv)(Sync)?\b(?=[^\n]*'node:fs)|createReadStream|disk\/(read|tail|files)\.ts/,
      {
        'lib/cli/input/batch.ts': 'the file of jobs that the user names',
        'lib/cli/input/named-file.ts': 'a file that the user names',
        'lib/cli/manual.ts': 'the pages of the manual',
      },
    ),
    'a Queue serves it, and knows what was punched out of it',
  )
})

test('what is heavy to load is loaded when it is needed', () => {
  const heavy = ['chokidar', 'proper-lockfile', 'fs-extra', 'fs-extra/esm', 'cli-table3', 'cli-progress']
  // The web room is heavy as a whole: the one command that starts it loads it.
  const isHeavy = (path: string, from: string): boolean =>
    heavy.includes(from) || (from.startsWith('lib/http/') && !path.startsWith('lib/http/'))
  const broken = within('lib').flatMap(({ path, imports }) =>
    imports
      .filter(({ from, what, isLazy }) => isHeavy(path, from) && !isLazy && !what.startsWith('type '))
      .map(({ from }) => `${path} imports ${from} at the top`),
  )
  none(broken, 'a command starts in the time of what it needs')
})

test('every package we depend on is used, and every package we use is depended on', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  const packages = (files: readonly Source[]): string[] => [
    ...new Set(
      files.flatMap(({ imports }) =>
        imports
          .map(({ from }) => from)
          .filter((from) => !from.startsWith('node:') && !from.startsWith('lib/'))
          // A package may be asked for a part of it: `hono/streaming`.
          .map((from) => /^(@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from),
      ),
    ),
  ]
  const isPage = ({ path }: Source): boolean => path.startsWith('lib/web/')
  const program = within('lib').filter((source) => !isPage(source))
  assert.equal(packages(program).toSorted(), Object.keys(manifest.dependencies).toSorted())
  // What the pages are made of is in their bundle: an installed program does not need it.
  const missing = packages(within('lib/web')).filter((name) => !Object.hasOwn(manifest.devDependencies, name))
  none(missing, 'bundled into dist/web')
})

test('every file of lib and bin has a sign on its door', () => {
  const broken = within('lib', 'bin').filter(({ text }) => !/^(#!.*\n)?\/\*\*\n? \*? ?[\s\S]{20,}?\*\//.test(text))
  none(
    broken.map(({ path }) => path),
    'a file says what it owns before it says how',
  )
})

test('an exported name is defined in one file', () => {
  const files = new Map<string, string[]>()
  for (const { path, code } of within('lib'))
    for (const [, name = ''] of code.matchAll(
      /^export (?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/gm,
    ))
      files.set(name, [...(files.get(name) ?? []), path])
  const broken = [...files].filter(([, paths]) => new Set(paths).size > 1)
  none(
    broken.map(([name, paths]) => `${name}: ${paths.join(', ')}`),
    'one word means one thing',
  )
})

test('only lib/job/state.ts lists states', () => {
  const state = `'(?:pending|scheduled|processing|failed|held|dead|completed)'`
  const list = new RegExp(`\\[\\s*(?:${state},\\s*)+${state}\\s*,?\\s*\\]`)
  none(
    using(within('lib'), list, {
      'lib/job/state.ts': 'it is the list',
      'lib/web/pages/jobs.tsx': 'the order of its tabs',
      'lib/web/pages/overview.tsx': 'the order of its tiles',
      'lib/web/components/worker-summary.tsx': 'the order of its columns',
      'lib/cli/top/view.ts': 'the order of its counts',
    }),
    'which verb is allowed in which state stands in one table',
  )
})

test('no error is swallowed without a word', () => {
  const broken = within('lib', 'bin').flatMap(({ path, text }) =>
    [...text.matchAll(/catch(?: \(\w+\))? \{\s*\}/g)].map(({ 0: found }) => `${path}: ${found}`),
  )
  none(broken, 'an empty catch carries the sentence why nothing is right')
})

const specs = within('spec').filter(({ path }) => path.endsWith('.spec.ts'))

test('every suite is run, the last thing in its file', () => {
  const broken = specs.filter(({ code }) => {
    const suites = [...code.matchAll(/^const (\w+) = suite\(/gm)].map(([, name]) => name)
    const runs = [...code.matchAll(/^(\w+)\.run\(\)$/gm)].map(([, name]) => name)
    return suites.length === 0 || suites.join() !== runs.join() || !/\n\w+\.run\(\)\n$/.test(code)
  })
  none(
    broken.map(({ path }) => path),
    'uvu reports success for a suite that is never run',
  )
})

test('each suite has a name of its own', () => {
  const files = new Map<string, string[]>()
  for (const { path, code } of specs)
    for (const [, name = ''] of code.matchAll(/\bsuite\('([^']*)'\)/g))
      files.set(name, [...(files.get(name) ?? []), path])
  const twice = [...files]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`)
  none(twice, 'a failure names its suite, and the reader must find the file by it')
})

test('no test is singled out, skipped without a reason or put behind a hook', () => {
  const suites = specs.map((source) => ({ ...source, code: source.code.replaceAll(/'[^']*'|\/[^/\n]+\//g, "''") }))
  none(
    using(suites, /\btest\.(only|skip|before|after)\b/),
    'uvu hides failures in hooks; skip(reason) is counted and listed',
  )
})

test('no test sleeps', () => {
  none(
    using(specs, /\bsetTimeout\s*\(|\bsleep\s*\(|timers\/promises/, {
      'spec/architecture.spec.ts': 'it names what it looks for',
    }),
    'a test waits for a fact, with until()',
  )
})

test.run()
