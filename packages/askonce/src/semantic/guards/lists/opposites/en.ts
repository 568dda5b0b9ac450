/** English opposites and alternatives. Own compilation. The format is described in `opposites.ts`. */
export const en = `
  enable* enabling activat* | disable* disabling deactivat* off
  buy buys buying bought purchas* | sell sells selling sold
  borrow* | lend lends lending lent
  increas* raise raises raising rais* grow grows growing rise rises rising rose higher upward gain | decreas* lower lowers lowering reduc* shrink* fall falls falling fell drop drops dropped decline* declining downward
  maximi* maximum max most | minimi* minimum min least
  more | less fewer
  best better | worst worse
  good great | bad poor
  upgrad* | downgrad*
  upload* | download*
  import* | export*
  install* | uninstall*
  subscrib* | unsubscrib*
  follow follows following | unfollow*
  block blocks blocking blocked | unblock*
  lock locks locking locked | unlock*
  freeze* freezing frozen | unfreeze* unfrozen
  mute mutes muting muted | unmute*
  hide hides hiding hidden | unhide* show shows showing reveal*
  connect connects connecting connected | disconnect*
  log-in login | log-out logout
  sign-in signin | sign-out signout | sign-up signup
  add adds adding added insert* | remove* removing delete* deleting
  create creates creating created | delete* deleting remove* removing destroy*
  open opens opening opened | close closes closing closed shut shuts
  start starts starting started begin begins beginning | stop stops stopping stopped end ends ending ended finish* quit*
  pause* pausing | resume resumes resuming resumed
  accept accepts accepting accepted approv* allow* allowed permit* permitted | reject* declin* deny denies denied refus* forbid* forbidden prohibit* ban banned
  include* including cover covers covered | exclude* excluding excluded
  deposit* | withdraw* withdrew
  send sends sending sent | receiv*
  pay pays paying paid | refund*
  charge charges charged charging | waive* waiving | refund*
  earn earns earning | spend spends spending spent
  win wins winning won | lose loses losing lost
  gain gains gained profit profits profitab* | loss losses
  credit | debit | prepaid
  save saves saving saved | spend spends spending spent
  asset assets | liabilit*
  income revenue | expense expenses
  bull bullish | bear bearish
  call calls | put puts
  long | short
  asc ascending | desc descending
  daily day | weekly | biweekly | monthly | quarterly | annual annually yearly
  hourly | daily | nightly
  basic starter | standard | premium | pro professional | plus | enterprise | ultimate | platinum | gold | silver | bronze | deluxe | economy | business
  student | business | premium | personal | joint | corporate
  checking | savings | brokerage
  ach | wire | sepa | swift
  visa | mastercard | amex | paypal
  free gratis | paid
  public | private
  personal private individual | business corporate commercial
  internal internally | external externally
  domestic domestically national | international internationally overseas abroad foreign
  inbound incoming | outbound outgoing
  arrival arrivals arrive* arriving | departure departures depart* departing
  check-in checkin | check-out checkout
  entry entrance enter enters entering | exit exits exiting
  import | export
  before prior | after following
  early earlier | late later
  first | last final
  next | previous last
  past previous | future upcoming
  old older oldest | new newer newest
  old older elderly | young younger
  ancient | modern
  recent latest | oldest earliest
  hot hotter warm warmer heat* heating | cold colder cool cooler cooling chill*
  big bigger large larger largest biggest | small smaller little smallest
  high higher highest | low lower lowest
  tall taller tallest | short shorter shortest
  long longer longest | short shorter shortest
  wide wider | narrow narrower
  thick thicker | thin thinner
  heavy heavier | light lighter lightweight
  fast faster fastest quick* rapid* | slow slower slowest slowly
  strong stronger strongest | weak weaker weakest
  hard harder hardest difficult* | easy easier easiest easily
  hard | soft softer
  rich richer wealthy | poor poorer
  expensive pricey costly | cheap* affordable inexpensive
  safe safely safer | dangerous unsafe risky harmful
  healthy healthier | unhealthy sick
  true | false
  right | wrong
  correct correctly | incorrect* wrong wrongly
  legal legally lawful | illegal* unlawful
  possible | impossible
  eligible | ineligible
  available | unavailable
  taxable taxed | tax-free tax-exempt exempt nontaxable untaxed
  pre-tax pretax | post-tax after-tax
  traditional | roth
  covered | excluded uncovered
  active | inactive passive
  passive | aggressive
  alive living live | dead death die dies dying
  born birth | died death
  male males man men boy boys gentleman | female females woman women girl girls lady ladies
  he him his himself | she her hers herself
  husband | wife
  father dad fathers | mother mom mum mothers
  son sons | daughter daughters
  brother brothers | sister sisters
  boyfriend | girlfriend
  uncle | aunt
  king | queen
  parent parents | child children kids
  adult adults | child children kid kids pediatric infant infants teen teenager teenagers baby babies | senior seniors elderly
  dog dogs puppy puppies | cat cats kitten kittens
  buyer buyers customer customers | seller sellers vendor vendors
  employee employees | employer employers
  landlord landlords | tenant tenants
  teacher teachers | student students
  doctor doctors | patient patients
  sender senders | recipient recipients receiver
  host hosts | guest guests
  winner | loser
  morning mornings | afternoon afternoons | evening evenings | night nights
  breakfast | lunch | dinner
  monday mondays | tuesday tuesdays | wednesday wednesdays | thursday thursdays | friday fridays | saturday saturdays | sunday sundays
  weekday weekdays | weekend weekends
  january jan | february feb | march | april apr | may | june jun | july jul | august aug | september sep sept | october oct | november nov | december dec
  spring | summer | autumn | winter
  north northern | south southern | east eastern | west western
  left | right
  top upper | bottom lower
  above over | below under beneath
  front | back rear
  inside indoors indoor inner | outside outdoors outdoor outer
  horizontal* | vertical*
  up upwards | down downwards
  forward forwards | backward backwards
  odd | even
  positive positively | negative negatively
  plus | minus
  add | subtract*
  multipl* | divid*
  sum | difference | product | quotient
  encrypt encrypts encrypting encrypted encryption | decrypt*
  encode encodes encoding encoded | decode*
  compress compresses compressing compressed | decompress* uncompress*
  input inputs | output outputs
  read reads reading | write writes writing
  push pushes pushing | pull pulls pulling
  client clients | server servers
  online | offline
  digital | analog analogue
  manual manually | automatic automatically
  wired | wireless
  synchronous sync | asynchronous async
  dynamic | static
  temporary temporarily | permanent permanently
  optional | mandatory required compulsory obligatory
  minor | major
  simple | complex complicated
  same equal | different
  similarit* | differenc*
  advantage advantages pros benefit benefits | disadvantage disadvantages cons drawback drawbacks
  strength strengths | weakness weaknesses
  cause causes | effect effects consequence consequences | symptom symptoms | treatment treatments cure cures
  question questions | answer answers
  problem problems | solution solutions
  supply | demand
  wholesale | retail
  gross | net
  fixed | variable adjustable floating
  interest | principal
  lease leasing leased | buy buying
  rent renting | buy buying own
  single | double | triple | twin
  one-way | round-trip return
  vegetarian veggie | vegan | halal | kosher
  white | black | red | blue | green | yellow | orange | purple | pink | brown | grey gray
  dollar dollars usd | euro euros eur | pound pounds gbp | yen jpy | rupee rupees inr | peso pesos | shekel shekels | ruble rubles | franc francs
  celsius | fahrenheit | kelvin
  kilometer kilometers kilometre kilometres km | mile miles
  kilogram kilograms kg kilo kilos | pound pounds lb lbs
  android | iphone ios
  windows | mac macos macbook | linux | ubuntu
  chrome | firefox | safari | edge
  market | limit
  cash | margin | card
  wet | dry
  day daytime | night nighttime
  full | empty
  full-time fulltime | part-time parttime
  raw | cooked
  sweet | salty | sour | bitter
  love loves loved like | hate hates hated dislike*
  attract* | repel*
  expand* | contract contracts contracting shrink*
  everyone everybody all every each always | nobody none never no
  all every | some
  always | never sometimes
  often frequently | rarely seldom
  inherited | gifted | purchased
  realized realised | unrealized unrealised
  insured | uninsured
  hedge hedging | profit
  pass passes passing passed | fail fails failing failed
  hire hires hiring hired | fire fires firing fired
  marry married marriage wedding | divorce*
  attack* offense offensive | defend* defense defensive
  remember* | forget forgets forgot forgotten
  smartphone | laptop | tablet | desktop
  mobile | desktop
  email e-mail | sms | phone | chat
  president | vice
  self | others
`;

/** Words that oppose each other only next to the same word: "turn on the alarm", "turn the alarm off". */
export const enNeighbours = `
  on | off
  in | out
  up | down
  to into onto towards | from
  over above | under below
  for | against
  until till by | after since from
  before | after
`;
