/** Why a model cannot be used, as the end of a sentence about it: `modules.json is damaged`. */
export class UnusableModel extends Error {
  override readonly name = 'UnusableModel';
}
