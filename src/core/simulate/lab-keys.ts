/**
 * The keys of the lab's Duo cloud. They are in every copy of this program: whoever runs a proxy with them lets in
 * anybody who does the same, so `serve` refuses the integration key unless it is told otherwise.
 */
export const labKeys = {
  ikey: 'DILABDONOTSERVEREAL0',
  skey: 'labSecretKeyThatIsInEveryCopyNotReal0000',
} as const
