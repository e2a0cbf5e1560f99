import styles from "./marked.module.css";

export interface Piece {
  text: string;
  hit: boolean;
}

/** Text in pieces as search says it, with the words that were meant. */
export function Marked({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map((piece, index) =>
    piece.hit ? (
      <mark key={index} className={styles.hit}>
        {piece.text}
      </mark>
    ) : (
      <span key={index}>{piece.text}</span>
    ),
  );
}
