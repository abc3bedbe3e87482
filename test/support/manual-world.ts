import {ManualWorld as ScenarioWorld} from '../../src/core/simulate/manual-world.ts'

/** The world of the scenarios, which every other test uses as well. */
export class ManualWorld extends ScenarioWorld {}
