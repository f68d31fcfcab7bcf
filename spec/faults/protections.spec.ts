import { suite } from 'uvu'
import { inWorld } from '../../fixtures/world.ts'
import { PROTECTIONS } from './protections.ts'

const test = suite('protections')

for (const [sentence, tale] of Object.entries(PROTECTIONS)) test(sentence, inWorld(tale))

test.run()
