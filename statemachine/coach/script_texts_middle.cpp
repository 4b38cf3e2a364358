// What it says while identities rise.

#include "statemachine/coach/script_texts.hpp"

namespace rejoinder::statemachine::coach {

std::span<const script_text> texts_of_middle() noexcept {
    static constexpr auto texts = std::to_array<script_text>({
        {"open.identity_refinement",
         "Now we look at them one by one, and give each a few words of its own. If one does not feel like "
         "yours any more, say “drop it”."},
        {"refine", "{name}: what does that mean to you? A sentence is enough."},
        {"refine", "Tell me about {name}. How do I recognise you as that?"},
        {"refine", "What is {name} like at its best?"},
        {"refine", "Now {name}: what makes that yours?"},
        {"help.refine",
         "Describe it as you would describe a friend: what does this one do, care about, never do? Say skip "
         "to keep it without words, or “drop it” to let it go."},
        {"refined", "That gives {name} a face."},
        {"refined", "Now I see {name} before me."},
        {"refined", "Good. {name} has become clearer."},
        {"refined", "I like how you put that."},
        {"refined.wordless", "{name} may stay without words."},
        {"refined.wordless", "Then {name} speaks for itself."},
        {"nobody_left",
         "Nobody is left on your list. Name somebody whom you are or want to be, and we go on with that."},
        {"let_go", "Gone, with thanks for the company."},
        {"let_go", "I have put it away. It can rest now."},
        {"let_go", "Let go. That makes room."},
        {"open.anything_missing", "That was careful work."},
        {"missing",
         "Is anybody missing? Think of the first list of who you are, and of the second of who you want to "
         "be."},
        {"missing", "Before we go on: is there a side of you that has no name yet?"},
        {"missing.more", "Is anybody else missing, or is the company complete?"},
        {"missing.more", "Anybody else? Otherwise say that nothing is missing."},
        {"missing.which", "Who is it? Just the name."},
        {"missing.which", "Tell me the name, and we add it."},
        {"missing.none", "Then the company is complete."},
        {"missing.none", "Good. Nobody has been forgotten."},
        {"help.missing",
         "Go through a usual week in your mind. Is there somebody you are, or long to be, who has not come "
         "up? If not, say no."},
        {"open.identity_commitment",
         "Now comes the question that counts. To commit to an identity means to give it time and to act as "
         "it would. It is no crime to say no."},
        {"commit", "{name}: are you committed to being that?"},
        {"commit", "Will you live as {name}, also when it is not easy?"},
        {"commit", "Do you commit to {name}?"},
        {"commit", "{name}. Is that a yes?"},
        {"commit.unclear", "I have noted that with {name}. So, do you commit to it: yes or no?"},
        {"commit.unclear", "That is worth remembering; I keep it with {name}. Is it a yes?"},
        {"commit.no",
         "Thank you for being honest. Shall I let {name} go? If you would rather think about it once more, "
         "say no."},
        {"commit.again", "Take your time with {name}. What would make it a yes? Or is it one already?"},
        {"commit.again", "Then let us look once more: do you commit to {name}?"},
        {"committed", "{name} it is."},
        {"committed", "A clear yes to {name}."},
        {"committed", "Good. You and {name}, from today on."},
        {"committed", "I heard that. {name} can count on you."},
        {"nobody_committed", "Now nobody is left to go on with."},
        {"back_to_brainstorming", "Shall we go back, and see whether somebody is missing?"},
        {"newcomer",
         "{name} has joined your list meanwhile, and has not come as far as the others. Shall we go back for "
         "that one? You can also say “drop it”."},
        {"newcomer",
         "{name} is new, and there is something that we have not done together yet. Do you want to go back "
         "and do it? Or say “drop it”."},
        {"help.back_to_brainstorming", "Say yes and we go back; nothing that you have said is lost."},
        {"help.commit",
         "Commitment means that you will act as this one would, in small things, even on grey days. Yes, no, "
         "or what holds you back: all of that is an answer."},
        {"open.i_am_statement",
         "Words make it real. For each identity we find one sentence that begins with “I am”."},
        {"i_am", "{name}: how does your sentence go? I am …"},
        {"i_am", "Say it for {name}, beginning with “I am”."},
        {"i_am", "What is the sentence of {name}? I am …"},
        {"i_am_again", "Then how should it go for {name}? I am …"},
        {"i_am.heard", "“{statement}” Say that once aloud, just for yourself."},
        {"i_am.heard", "“{statement}” That stands."},
        {"i_am.heard", "“{statement}” I believe you."},
        {"i_am.heard", "“{statement}” Beautiful."},
        {"help.i_am",
         "Speak of it as if it were already so: “I am the gardener who lets things grow.” Say skip, and I "
         "make a plain sentence of the name."},
        {"statements", "This is you, in your own words: {statements}"},
        {"summary", "Does that sound like you?"},
        {"summary", "Is that you?"},
        {"summary.thanks", "Then let it be true."},
        {"summary.thanks", "Good. Keep those sentences where you see them."},
        {"summary_which", "Which one shall we change? Name the identity."},
        {"summary_which", "What does not fit yet? Tell me whose sentence it is."},
        {"summary.unknown", "I did not find that one among your identities."},
        {"help.summary", "If the sentences fit, say yes. If one does not, say no, and we change it."},
        {"open.identity_visualization",
         "Now close your eyes for a moment, if you like. We look at each of them on a good day, a year from "
         "now."},
        {"visualize", "{name}, a year from now: where are you, what do you see and hear?"},
        {"visualize", "See yourself as {name} on a good day. What is happening?"},
        {"visualize", "Picture {name}: who is with you, and what are you doing?"},
        {"visualized", "I can see it."},
        {"visualized", "Stay there for a breath. Then we go on."},
        {"visualized", "That is a picture to come back to."},
        {"visualized", "What a day that would be."},
        {"visualized.wordless", "Some pictures come later. We leave it open."},
        {"visualized.wordless", "No picture yet, and that is fine."},
        {"help.visualize",
         "The more senses the better: light, voices, smells, what your hands do. A few words are enough, and "
         "you may skip it."},
    });
    return texts;
}

} // namespace rejoinder::statemachine::coach
