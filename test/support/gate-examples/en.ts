/** Questions as people ask them, and the gate that keeps each out. */
import type { Examples } from './contract.ts';

export const english: Examples = {
  fresh: `
    What is the weather like right now?
    What's the current exchange rate for euros?
    Who is winning the match at the moment?
    What's happening in the news today?
    What is Apple's stock price today?
    Is it raining in London?
    What time is it in Tokyo?
    What are the latest headlines?
    How much is bitcoin worth now?
    What's on TV tonight?
    What events are there this weekend?
    Which films are currently in cinemas?
    What is the latest version of Node?
    When is the next train to Oxford?
    What's the date today?
    Will it snow tomorrow?
    What's the traffic like on the M25?
    Is the store open now?
    What was the score of last night's game?
    How's the weather in Paris?
    Any news about the strike?
    What are gas prices this week?
    Who won the election yesterday?
    What is the most recent iPhone?
    What's this year's Nobel Prize in Physics for?
  `,
  acts: `
    Would you mind locking the front door?
    Invite Bob to the meeting
    Deploy to production
    Reply to Anna that I agree
    Grant Bob access
    Transfer $5 000 to savings
    Please delete my account.
    Book me a flight to Rome on Friday
    Can you send an email to Anna?
    Lock my card
    Move $200 from checking to savings.
    Delete all my photos
    Could you please cancel my subscription?
    Send 50 euros to Maria
    I'd like to book a table for two.
    Turn off the lights in the kitchen
    Set an alarm for 7 am
    Remind me to call mum
    Order a large pizza
    Pay my electricity bill
    Would you reserve a room for me?
    Increase my credit limit to $10,000
    My card was stolen, block it now
    Add milk to my shopping list
    I want to close my account
    Hi, please transfer 20 pounds to Tom, thanks
    Unsubscribe me from the newsletter
    Update my shipping address to 5 Main St
    Play some jazz
    Refund my last order
    Schedule a meeting with Bob
    I need you to freeze my card
  `,
  points: `
    How does that work?
    Summarize the article above
    Is that one better?
    How does it work?
    And in Spanish?
    What about the second one?
    Why?
    Continue
    What does this mean?
    Can you explain that again?
    Tell me more
    Summarize the above
    What did you say earlier?
    Is this covered by the warranty?
    Translate it to French
    How old is he?
    When was she born?
    Where can I buy it?
    But why not?
    Who wrote this?
    What is in this picture?
    Are there any others?
    Make it shorter
    Give me another example
    Which one is better?
    What's the first one?
    How about Italy?
    Are there good restaurants near me?
    Is that true?
    In English, please
    What else?
    Who invented it?
    Rewrite this in a formal tone
  `,
  personal: `
    Am I eligible?
    What's my balance?
    Where is my order?
    Did my payment go through?
    When will my package arrive?
    How much money do I have in my account?
    Show me my last transactions
    What is the status of my refund?
    Is my account locked?
    Has my order shipped?
    Could you tell me my account number?
    How many vacation days do I have left?
    When is my payment due?
    Do I have any new messages?
    What's on my calendar?
    Check my order status
    My order status?
    How much did I spend on groceries?
    What is my credit score?
    Where's my refund?
    Can you tell me when my bill is due?
    Track my package
    Is my flight on time?
    Which plan am I on?
    I haven't received my order yet, where is it?
    What's the balance on my savings account?
  `,
  none: `
    What is a plan that works for a family?
    Would you mind explaining photosynthesis?
    Am I eligible for a visa waiver with an Irish passport?
    How do I add a user to the group in Linux?
    How do I transfer money?
    Can I cancel my order after it ships?
    How do I change the delivery address of my order?
    Can I return a product without a receipt?
    What are your opening hours on Saturdays?
    How do I cancel my subscription?
    I forgot my password, how do I recover it?
    My cat is sneezing, what should I do?
    Is it possible to return a product without a receipt?
    What is the capital of France?
    Explain how a heat pump works
    Write a poem about autumn
    Translate "good morning" into Spanish
    Summarise the plot of Hamlet
    Compare Python and Java
    List the planets of the solar system
    How long does it take to fly from Rome to Oslo?
    What is direct current?
    Is it legal to record a phone call?
    How do I delete my account?
    Can I change my delivery address?
    How can I check my balance?
    Should I call my landlord or send a letter?
    What is bitcoin and how does it work?
    Does my credit card waive foreign transaction fees?
    What happens if my payment is late?
    Why does my dog eat grass?
    What causes rain?
    How is the weather predicted by computers?
    Book recommendations for teenagers
    What does it mean to be liberal?
    How do I book a flight with miles?
    What is the difference between a lock and a mutex?
    Do you offer free shipping?
    Is it true that bats are blind?
    Give me some ideas for a birthday party
    Create a table of French verbs
    Is this sentence right: "He don't know"?
    How to write a transfer letter
    Can dogs eat chocolate?
    Why do people say it is bad luck to open an umbrella indoors?
    What is the best way to learn a language?
    Where can I park my car at the airport?
    How do I update my profile picture?
    Set theory basics
    How does one get over a breakup?
    Why do dogs do that thing with their tongue?
    What is the temperature in the core of the sun?
    How can I get more visitors to my website?
    Can I get pregnant on the last day of a cycle?
    What is it like to live in Norway?
    Where do I find my invoice?
    Is breakfast included in the price?
  `,
};
