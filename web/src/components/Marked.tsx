import Box from "@mui/material/Box";

export interface Piece {
  text: string;
  hit: boolean;
}

/** Text in pieces as search says it, with the words that were meant. */
export function Marked({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map((piece, index) =>
    piece.hit ? (
      <Box key={index} component="mark" sx={{ bgcolor: "hit.background", color: "hit.text", borderRadius: 0.5, px: 0.25 }}>
        {piece.text}
      </Box>
    ) : (
      <span key={index}>{piece.text}</span>
    ),
  );
}
