/**
 * A place that several nodes write to and read from, by name. Every call may reject: then the register is away.
 * What stands in it has been sealed before, since others may write there too.
 */
export interface SharedRegister {
  /** Writes unless the name is taken, atomically among all nodes; false when it is. */
  setIfAbsent(name: string, value: Buffer, lifeMs: number): Promise<boolean>
  set(name: string, value: Buffer, lifeMs: number): Promise<void>
  get(name: string): Promise<Buffer | undefined>
  remove(name: string): Promise<void>
  close(): Promise<void>
}
