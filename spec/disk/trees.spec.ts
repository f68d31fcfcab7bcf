import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeTree, treeRemover } from '../../lib/disk/trees.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('trees')

test(
  'a tree is made with its parents, for its owner alone',
  inWorld(async ({ dir }) => {
    const root = join(dir, 'a/b')
    await makeTree(root, ['c', 'd'])
    assert.equal(readdirSync(root).toSorted(), ['c', 'd'])
    for (const path of [join(dir, 'a'), root, join(root, 'c')]) assert.is(statSync(path).mode & 0o777, 0o700)
  }),
)

test(
  'what is there of a tree stays, and what is missing is made',
  inWorld(async ({ dir }) => {
    const root = join(dir, 'a')
    mkdirSync(join(root, 'c'), { recursive: true })
    writeFileSync(join(root, 'c/file'), '')
    await makeTree(root, ['c', 'd'])
    assert.ok(existsSync(join(root, 'c/file')) && existsSync(join(root, 'd')))
  }),
)

test(
  'a tree is removed with all in it, and one that is gone is no error',
  inWorld(async ({ dir }) => {
    const root = join(dir, 'a')
    await makeTree(root, ['c'])
    writeFileSync(join(root, 'c/file'), '')
    const removeTree = await treeRemover()
    removeTree(root)
    removeTree(root)
    assert.not(existsSync(root))
  }),
)

test.run()
